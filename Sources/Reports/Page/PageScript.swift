/// What a page does: draws its plots in the reader's scheme, and narrows the answers down to what is looked for.
enum PageScript {
    static let javascript = #"""
        "use strict";
        (() => {
          const specs = JSON.parse(document.getElementById("plots").textContent);
          const dark = matchMedia("(prefers-color-scheme: dark)");
          const phone = matchMedia("(max-width: 44rem)");
          const value = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
          const coloured = (node) =>
            typeof node === "string" && node.startsWith("$") ? value("--" + node.slice(1))
            : Array.isArray(node) ? node.map(coloured)
            : node && typeof node === "object"
              ? Object.fromEntries(Object.entries(node).map(([key, part]) => [key, key === "values" ? part : coloured(part)]))
            : node;
          const config = () => {
            const font = getComputedStyle(document.querySelector("table, nav")).fontFamily;
            const label = { labelColor: value("--ink-2"), titleColor: value("--ink-2"), labelFont: font, titleFont: font };
            return {
              background: "transparent", font, view: { stroke: null },
              axis: { ...label, gridColor: value("--rule"), domainColor: value("--faint"), tickColor: value("--faint"),
                labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", titlePadding: 10, labelOverlap: true },
              axisY: { titleAngle: -90 }, tick: { bandSize: 16 },
            };
          };
          const draw = () => {
            for (const [id, spec] of Object.entries(specs)) {
              const place = document.getElementById(id);
              const full = { $schema: "https://vega.github.io/schema/vega-lite/v6.json",
                autosize: { type: "fit-x", contains: "padding" }, config: config(), ...coloured(spec) };
              window.vegaEmbed(place, full, { renderer: "svg", actions: false }).catch((error) => {
                place.textContent = "This plot can't be drawn here; its numbers are in the table below.";
                console.error(error);
              });
            }
          };
          if (window.vegaEmbed) draw();
          dark.addEventListener("change", draw);
          phone.addEventListener("change", draw);

          const search = document.getElementById("search");
          if (!search) return;
          const category = document.getElementById("category");
          const ending = document.getElementById("ending");
          const count = document.getElementById("count");
          const articles = [...document.querySelectorAll("article")].map((element) => ({
            element, category: element.dataset.category, question: element.querySelector("h3").textContent.toLowerCase(),
            samples: [...element.querySelectorAll(".sample")].map((sample) => ({
              element: sample, text: sample.textContent.toLowerCase(),
              endings: [...sample.querySelectorAll(".answer")].map((answer) => answer.dataset.ending) })) }));
          const narrow = () => {
            const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
            let questions = 0, samples = 0;
            for (const article of articles) {
              let shown = 0;
              for (const sample of article.samples) {
                const text = article.question + " " + sample.text;
                const fits = (category.value === "" || category.value === article.category)
                  && (ending.value === "" || sample.endings.includes(ending.value))
                  && words.every((word) => text.includes(word));
                sample.element.hidden = !fits;
                if (fits) shown += 1;
              }
              article.element.hidden = shown === 0;
              if (shown > 0) questions += 1;
              samples += shown;
            }
            count.textContent = samples === 0 ? "Nothing fits: change the search or the filters."
              : `${samples} sample${samples === 1 ? "" : "s"} of ${questions} question${questions === 1 ? "" : "s"} shown.`;
          };
          for (const field of [search, category, ending]) field.addEventListener("input", narrow);
          narrow();
        })();
        """#
}
