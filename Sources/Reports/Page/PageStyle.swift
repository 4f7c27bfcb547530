/// The look of every page: a column of text in a book face, figures that may be wider, two schemes.
///
/// Blue and vermilion are those of Okabe and Ito (2008), which stay apart for every kind of colour vision; nothing is
/// said by colour alone.
enum PageStyle {
    static let css = """
        :root {
          color-scheme: light dark;
          --paper: #fdfcf9; --raised: #f5f3ec; --ink: #1d1f23; --ink-2: #575b63; --rule: #dedad0; --faint: #a9a79f;
          --before: #0072b2; --after: #c04a00; --before-wash: #eaf2f8; --after-wash: #fbefe7; --mark: #ffe89a;
          --text: Charter, "Bitstream Charter", "Iowan Old Style", "Palatino Linotype", "Source Serif 4", Cambria,
            Georgia, "DejaVu Serif", serif;
          --sans: ui-sans-serif, system-ui, "Segoe UI", "Helvetica Neue", Arial, "Noto Sans", "DejaVu Sans", sans-serif;
          --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #16181c; --raised: #1f2227; --ink: #e9e6df; --ink-2: #a5a8ae; --rule: #353940; --faint: #6c7078;
            --before: #63b5ec; --after: #f0894a; --before-wash: #1a2630; --after-wash: #2d211a; --mark: #5b4a12;
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; }
        @media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 var(--text); }
        .page { max-width: 68rem; margin: 0 auto; padding: 3.5rem 1.5rem 5rem; }
        .page > header p, .page section > p, .page section > ul, .page section > h2 { max-width: 42rem; }
        a { color: inherit; text-decoration-color: var(--faint); text-underline-offset: .18em; }
        a:hover { text-decoration-color: currentColor; }
        :focus-visible { outline: 2px solid var(--before); outline-offset: 3px; border-radius: 2px; }
        .skip { position: absolute; left: -100vw; }
        .skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem 1rem; z-index: 9; }
        .kicker { font: 600 .8rem/1.4 var(--sans); letter-spacing: .09em; text-transform: uppercase; color: var(--ink-2);
          margin: 0 0 .75rem; }
        h1 { font-size: clamp(1.9rem, 1.3rem + 2.6vw, 3rem); line-height: 1.12; letter-spacing: -.015em; font-weight: 600;
          margin: 0 0 1.5rem; text-wrap: balance; max-width: 56rem; }
        h2 { font-size: 1.6rem; line-height: 1.25; font-weight: 600; letter-spacing: -.008em; margin: 0 0 .9rem;
          text-wrap: balance; }
        h3 { font: 600 1rem/1.4 var(--sans); margin: 2rem 0 .5rem; }
        section { margin-top: 4rem; padding-top: 2rem; border-top: 1px solid var(--rule); }
        p { margin: 0 0 1rem; }
        .lead { font-size: 1.2rem; line-height: 1.55; }
        .small, figcaption, .note { font: .9rem/1.55 var(--sans); color: var(--ink-2); }
        nav { font: .92rem/1.5 var(--sans); margin-top: 1.75rem; display: flex; flex-wrap: wrap; gap: .25rem 1.4rem; }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); margin: 2.25rem 0 0;
          border-top: 2px solid var(--ink); }
        .figures div { padding: 1rem 1.25rem 1rem 0; border-bottom: 1px solid var(--rule); }
        .figures dt { font: .88rem/1.4 var(--sans); color: var(--ink-2); }
        .figures dd { margin: .2rem 0 0; font-size: 1.75rem; line-height: 1.25; font-variant-numeric: lining-nums; }
        .figures dd small { display: block; font: .85rem/1.45 var(--sans); color: var(--ink-2); margin-top: .15rem; }
        figure { margin: 1.75rem 0 2.25rem; }
        figure h3 { margin: 0 0 .35rem; }
        figcaption { max-width: 42rem; margin-top: .6rem; }
        .plot { width: 100%; min-height: 8rem; }
        .plot .vega-embed { width: 100%; }
        .half { max-width: 36rem; }
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 0 3rem; }
        .pair figure { margin-bottom: 1rem; min-width: 0; }
        details { margin-top: .75rem; font: .9rem/1.5 var(--sans); }
        summary { cursor: pointer; color: var(--ink-2); padding: .3rem 0; }
        .scroll { overflow-x: auto; max-height: 26rem; overflow-y: auto; margin-top: .4rem; }
        table { border-collapse: collapse; font: .9rem/1.45 var(--sans); font-variant-numeric: tabular-nums lining-nums; }
        caption { text-align: left; color: var(--ink-2); padding-bottom: .4rem; }
        th, td { text-align: left; padding: .38rem 1.3rem .38rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
        thead th { border-bottom: 1.5px solid var(--ink); font-weight: 600; white-space: nowrap; }
        th[scope=row] { font-weight: 400; }
        .number { text-align: right; white-space: nowrap; }
        .wide { width: 100%; }
        .key { display: inline-flex; align-items: center; gap: .4em; white-space: nowrap; }
        .key::before { content: ""; width: .7em; height: .7em; background: var(--c); }
        .key.base { --c: var(--before); } .key.base::before { border-radius: 50%; }
        .key.organism { --c: var(--after); } .key.organism::before { transform: rotate(45deg) scale(.9); }
        .filters { display: grid; grid-template-columns: minmax(12rem, 2fr) repeat(2, minmax(9rem, 1fr)); gap: .75rem 1rem;
          margin: 1.5rem 0 .5rem; font: .88rem/1.4 var(--sans); align-items: end; }
        .filters label { display: grid; gap: .25rem; color: var(--ink-2); }
        input, select { font: 1rem/1.4 var(--sans); color: var(--ink); background: var(--paper); padding: .45rem .6rem;
          border: 1px solid var(--faint); border-radius: 4px; width: 100%; min-height: 2.6rem; }
        .count { font: .9rem/1.5 var(--sans); color: var(--ink-2); margin: .4rem 0 0; }
        article { padding: 1.9rem 0 .6rem; border-bottom: 1px solid var(--rule); }
        article:last-of-type { border-bottom: 0; }
        article h3 { font: 600 1.15rem/1.45 var(--text); margin: 0 0 .15rem; max-width: 48rem; white-space: pre-wrap;
          overflow-wrap: anywhere; }
        article .note { margin: 0 0 .9rem; }
        .sample { display: grid; grid-template-columns: 1fr 1fr; gap: 1.25rem; margin-bottom: 1.1rem; }
        .answer { padding: .75rem 1rem .9rem; border-left: 3px solid var(--c); background: var(--wash); min-width: 0;
          border-radius: 0 3px 3px 0; }
        .answer.base { --c: var(--before); --wash: var(--before-wash); }
        .answer.organism { --c: var(--after); --wash: var(--after-wash); }
        .answer header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem;
          font: .8rem/1.5 var(--sans); color: var(--ink-2); margin-bottom: .4rem; }
        .answer .said { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .98rem; line-height: 1.5;
          unicode-bidi: isolate; overflow: hidden; }
        .said.none { color: var(--ink-2); font-style: italic; }
        .hidden-character { font: .75em/1 var(--mono); border: 1px solid var(--faint); border-radius: 3px; padding: 0 .25em;
          color: var(--ink-2); unicode-bidi: isolate; }
        ol.commands { padding-left: 0; list-style: none; }
        ol.commands li { margin-bottom: 1rem; }
        pre { font: .86rem/1.55 var(--mono); background: var(--raised); padding: .75rem 1rem; margin: .3rem 0 0;
          border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere; }
        .groups { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 3rem; }
        .groups table { width: 100%; table-layout: fixed; margin-bottom: 1.5rem; }
        .groups th { width: 38%; color: var(--ink-2); }
        .groups td { overflow-wrap: anywhere; padding-right: 0; }
        footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--rule); }
        #vg-tooltip-element { font: .85rem/1.45 var(--sans); background: var(--paper); color: var(--ink);
          border: 1px solid var(--faint); border-radius: 4px; padding: .5rem .7rem; box-shadow: none; }
        #vg-tooltip-element table tr td.key { color: var(--ink-2); display: table-cell; }
        #vg-tooltip-element table tr td.key::before { content: none; }
        #vg-tooltip-element td { border: 0; padding: .1rem .4rem .1rem 0; }
        [hidden] { display: none !important; }
        @media (max-width: 44rem) {
          .page { padding: 2rem 1.1rem 4rem; }
          section { margin-top: 3rem; }
          .sample { grid-template-columns: 1fr; gap: .6rem; }
          .filters { grid-template-columns: 1fr 1fr; }
          .filters label:first-child { grid-column: 1 / -1; }
          th, td { padding-right: .9rem; }
        }
        @media print {
          .filters, nav, .skip { display: none; }
          body { background: none; }
          article, figure { break-inside: avoid; }
        }
        """
}
