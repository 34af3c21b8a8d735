"""A sheet with every block in it, in German and another language."""

from __future__ import annotations

from portal.documents.sheet import (
    Code,
    Facts,
    Heading,
    Paragraph,
    Sheet,
    Signature,
    Table,
    Ticks,
    Words,
)

REFERENCE = "VM-2026-004711"
STROKES = (((100.0, 300.0), (200.0, 100.0), (300.5, 300.0)), ((600.0, 200.0),))
ARABIC = Sheet(
    title=Words("Einwilligung", "الموافقة"),
    blocks=(
        Paragraph(Words("Ich bin einverstanden.", "أوافق على ذلك.")),
        Heading(Words("Empfänger", "المستلم")),
        Facts((
            (Words("Stelle", "المكتب"), Words("Jobcenter, +49 7151 123-456")),
            (Words("Zweck", "الغرض"), Words("Ein Kurs", "دورة لغة")),
            (Words(""), Words("Damit Selam im Mai beginnt.")),
        )),
        Heading(Words("Angaben", "البيانات"), 3),
        Ticks((
            (Words("Name", "الاسم"), True),
            (Words("Gesundheit", "الصحة"), False),
            (Words("Nur deutsch"), None),
        )),
        Table(
            (Words("Wer", "من"), Words("Bis", "حتى")),
            ((Words("Schule", "مدرسة"), Words("31.12.2026")),),
        ),
        Paragraph(Words("Ohne Übersetzung."), strong=True),
        Signature((Words("Ort, Tag", "التاريخ"), Words("Unterschrift", "التوقيع")), STROKES, 1),
        Code(REFERENCE),
    ),
    language="ar",
    reference=REFERENCE,
    footer=Words("Landkreis Beispiel", "مقاطعة"),
)  # fmt: skip


def all_words(found: object) -> list[Words]:
    """Every Words of a sheet, wherever it stands."""
    if isinstance(found, Words):
        return [found]
    if isinstance(found, tuple):
        return [words for each in found for words in all_words(each)]
    return [words for each in vars(found).values() for words in all_words(each)] if hasattr(
        found, "__dataclass_fields__"
    ) else []  # fmt: skip
