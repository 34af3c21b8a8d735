"""The two pictures on a sheet, QR code and signature, as SVG made of nothing but numbers."""

from __future__ import annotations

from io import BytesIO

import segno

Strokes = tuple[tuple[tuple[float, float], ...], ...]

PEN = 8  # of 1000
QUIET = 4  # modules of white around a QR code, as its standard asks


def qr(text: str) -> str:
    drawn = BytesIO()
    segno.make_qr(text, error="m").save(
        drawn, kind="svg", border=QUIET, light="#fff", xmldecl=False, omitsize=True
    )
    return drawn.getvalue().decode().strip()


def drawing(strokes: Strokes) -> str:
    """Cut to what was drawn, so that a small signature on a large pad is not a speck."""
    points = [[(round(x), round(y)) for x, y in line] for line in strokes if line]
    xs, ys = zip(*(point for line in points for point in line), strict=True)
    left, top = min(xs) - PEN, min(ys) - PEN
    width, height = max(xs) - left + PEN, max(ys) - top + PEN
    drawn = "".join(map(_polyline, points))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left} {top} {width} {height}">'
        f'<g fill="none" stroke="#000" stroke-width="{PEN}" stroke-linecap="round" '
        f'stroke-linejoin="round">{drawn}</g></svg>'
    )


def _polyline(points: list[tuple[int, int]]) -> str:
    x, y = points[-1]
    # The added step is too short to be seen, and makes a dot of a single point.
    corners = " ".join(f"{x},{y}" for x, y in (*points, (x + 1, y)))
    return f'<polyline points="{corners}"/>'
