"""The operator's documents: two for everybody, the others for those who answer for the portal."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, url_for

from portal.accountability.facts import facts, organisations
from portal.problems import NotFound
from portal.web.access import PUBLIC, access
from portal.workflow import N_

bp = Blueprint("accountability", __name__)


@dataclass(frozen=True)
class Document:
    """A document; its template is named like its key."""

    key: str
    title: str
    summary: str
    public: bool = False

    @property
    def address(self) -> str:
        if self.public:
            return url_for(f"accountability.{self.key}")
        return url_for("accountability.show", key=self.key)


DOCUMENTS = {
    document.key: document
    for document in (
        Document("processing", N_("Verzeichnis der Verarbeitungstätigkeiten"),
                 N_("Art. 30 DSGVO: was gespeichert wird, wofür, für wen und wie lange.")),
        Document("impact", N_("Datenschutz-Folgenabschätzung"),
                 N_("Art. 35 DSGVO: Risiken für die Menschen und was dagegen getan ist.")),
        Document("joint", N_("Vereinbarung der beteiligten Stellen"),
                 N_("Art. 26 oder Art. 28 DSGVO: wer wofür verantwortlich ist.")),
        Document("information", N_("Informationen zum Datenschutz"),
                 N_("Art. 13 und 14 DSGVO: das Blatt für die Menschen, um die es geht."),
                 public=True),
        Document("accessibility", N_("Erklärung zur Barrierefreiheit"),
                 N_("Nach dem Muster der Anlage 1 L-BGG-DVO."), public=True),
    )
}  # fmt: skip


@bp.get("/documents")
@access("document.read")
def index() -> str:
    return render_template("accountability/index.html", documents=DOCUMENTS.values())


@bp.get("/documents/<key>")
@access("document.read")
def show(key: str) -> str:
    document = DOCUMENTS.get(key)
    if document is None or document.public:  # a public one has an address of its own
        raise NotFound
    return _page(key, organisations=organisations())


@bp.get("/documents/information")
@access(PUBLIC)
def information() -> str:
    return _page("information")


@bp.get("/accessibility")
@access(PUBLIC)
def accessibility() -> str:
    return _page("accessibility")


def _page(key: str, **more: object) -> str:
    template = f"accountability/{key}.html"
    return render_template(template, document=DOCUMENTS[key], **facts(), **more)
