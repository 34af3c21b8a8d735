"""A sheet as an answer: a PDF to print or keep."""

from __future__ import annotations

from flask import Response

from portal.documents.pdf import pdf
from portal.documents.sheet import Sheet


def pdf_answer(sheet: Sheet, name: str) -> Response:
    """`name` ends up in the file's name: a reference number or a plain word, never a person."""
    response = Response(pdf(sheet), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response
