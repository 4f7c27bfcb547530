"""Writes the JavaScript of Vega, Vega-Lite and Vega-Embed as one file: python3 scripts/vega-bundle.py OUT

The libraries lie inside of the vl-convert-python package (1.9.0.post1), so nothing is fetched. A page that inlines
the file draws its plots offline.
"""

import pathlib
import sys

VEGA_LITE = "6.4"


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__.strip().splitlines()[0], file=sys.stderr)
        return 2
    try:
        import vl_convert
    except ImportError:
        print("vl-convert-python is missing: pip install vl-convert-python==1.9.0.post1", file=sys.stderr)
        return 1
    if VEGA_LITE not in vl_convert.get_vegalite_versions():
        print(
            f"vl-convert-python {vl_convert.__version__} has no Vega-Lite {VEGA_LITE}: "
            "pip install vl-convert-python==1.9.0.post1",
            file=sys.stderr,
        )
        return 1
    code = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE)
    notice = (
        f"/* Vega {vl_convert.get_vega_version()}, Vega-Lite {VEGA_LITE}, "
        f"Vega-Embed {vl_convert.get_vega_embed_version()}: "
        "BSD 3-Clause, University of Washington Interactive Data Lab */\n"
    )
    out = pathlib.Path(sys.argv[1])
    out.parent.mkdir(parents=True, exist_ok=True)
    # Never half-written: a reader sees the old file or the whole new one.
    partial = out.with_name(out.name + ".partial")
    partial.write_text(notice + code, encoding="utf-8")
    partial.replace(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
