"""QR codes as SVG."""

import io

import segno


def qr_svg(content: str) -> str:
    """An SVG without size of its own, dark on transparent, with the quiet zone."""
    out = io.BytesIO()
    segno.make(content, error="m", micro=False).save(
        out, kind="svg", omitsize=True, border=2, xmldecl=False, svgclass=None, lineclass=None
    )
    return out.getvalue().decode()
