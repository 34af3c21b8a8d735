"""A sheet as a PDF: every word in every script, tagged, and never more than words."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.codes import LANGUAGES
from portal.consents import texts
from portal.documents.pdf import FOLDER, pdf
from portal.documents.sheet import Code, Facts, Paragraph, Sheet, Table, Ticks, Words
from tests.documents import reading
from tests.documents.sheets import ARABIC, REFERENCE, all_words

# How the languages call themselves.
OWN_NAMES = {
    "uk": "Українська", "ru": "Русский", "ar": "العربية", "fa": "فارسی", "prs": "دری", "ps": "پښتو",
    "tr": "Türkçe", "kmr": "kurdî", "ckb": "کوردیی ناوەندی", "ti": "ትግርኛ", "am": "አማርኛ",
    "so": "Soomaali", "de": "Deutsch", "en": "English", "fr": "français", "ur": "اردو",
    "pa": "ਪੰਜਾਬੀ", "sq": "shqip", "sr": "српски", "mk": "македонски", "ro": "română",
    "rom": "romani čhib", "ka": "ქართული", "ha": "Hausa", "wo": "Wolof",
    "mnk": "Mandinka",
}  # fmt: skip
NOTE = "leeres Kästchen"
INJECTIONS = (
    '#read("/etc/passwd")', "#eval(\"1+1\")", "*x*", "_x_", "$a^2$", "\\", "#{", "]", "`raw`",
    "<label>", "@ref", "= Titel", "// fort", "/* fort */", "---", '"', "\\u{41}", "#sys.inputs",
    "<script>alert(1)</script>",
)  # fmt: skip


def german(*blocks: Paragraph | Facts | Table | Ticks | Code, title: str = "Blatt") -> Sheet:
    return Sheet(Words(title), blocks)


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_every_word_of_every_block_is_in_it() -> None:
    said = reading.text(pdf(ARABIC))
    words = all_words(ARABIC)
    assert len(words) > 20
    for each in words:
        assert each.de in said
        # What reads a page guesses which way a line runs that has both: word by word, then.
        assert all(word in said for word in each.other.strip(".").split())


def test_it_is_tagged_and_says_so() -> None:
    made = pdf(ARABIC)
    assert reading.is_accessible(made)
    assert reading.title(made) == "Einwilligung"
    assert b"/Lang(de)" in made


def test_each_part_is_tagged_as_what_it_is_in_its_language() -> None:
    tags = reading.tags(pdf(ARABIC))
    kinds = [(tag.kind, tag.language) for tag in tags if re.fullmatch(r"H\d", tag.kind)]
    assert kinds == [(f"H{n}", language) for n in (1, 2, 3) for language in ("de", "ar")]
    paragraphs = [tag.language for tag in tags if tag.kind == "P"]
    assert paragraphs.count("ar") == sum(
        bool(words.other) for block in ARABIC.blocks if block.kind != "heading"
        for words in all_words(block)
    )  # fmt: skip
    assert [tag.kind for tag in tags if tag.kind in ("TH", "TD")] == ["TH", "TH", "TD", "TD"]


def test_pictures_say_what_they_are() -> None:
    said = [tag.alt for tag in reading.tags(pdf(ARABIC)) if tag.kind == "Figure"]
    assert said == ["angekreuzt", "nicht angekreuzt", "leeres Kästchen", "Unterschrift",
                    f"QR-Code: {REFERENCE}"]  # fmt: skip


@pytest.mark.parametrize("language", sorted(OWN_NAMES))
def test_each_language_is_written_in_its_own_script(language: str) -> None:
    own = OWN_NAMES[language]
    made = pdf(Sheet(Words("Blatt", own), (Paragraph(Words("Satz", own), strong=True),), language))
    assert reading.text(made).count(own) == 2
    assert reading.is_accessible(made)


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_sentence_for_clients_can_be_printed(language: str) -> None:
    sentences = texts.sentences(language).values()
    blocks = tuple(Paragraph(Words("Satz", str(sentence))) for sentence in sentences)
    assert reading.is_accessible(pdf(Sheet(Words("Blatt"), blocks, language)))


def test_of_all_languages_of_clients_only_chinese_has_no_font() -> None:
    assert {key for key, _ in LANGUAGES} - OWN_NAMES.keys() == {"zh"}
    made = pdf(Sheet(Words("Blatt", "中文"), (), "zh"))
    assert NOTE in reading.text(made)
    assert not reading.is_accessible(made)


def test_a_character_without_a_font_is_explained_and_the_rest_stands() -> None:
    made = pdf(german(Paragraph(Words("Selam 😀 kommt."))))
    said = reading.text(made)
    assert said.startswith("Blatt Für einzelne Zeichen fehlt die Schrift")
    assert said.endswith("kommt. 1 / 1")
    assert "/StructTreeRoot" in made.decode("latin-1")


@pytest.mark.parametrize("value", INJECTIONS)
def test_what_people_write_is_never_markup(value: str) -> None:
    words = Words(f"vor {value} nach", f"avant {value} après")
    blocks = (Paragraph(words), Facts(((words, words),)), Table((words,), ((words,),)),
              Ticks(((words, None),)))  # fmt: skip
    made = pdf(Sheet(words, blocks, "fr", footer=words, reference=value))
    said = squeezed(reading.text(made))  # lines are broken somewhere
    assert said.count(squeezed(words.de)) == said.count(squeezed(words.other)) == 8
    assert reading.is_accessible(made)


def test_the_template_neither_evaluates_nor_opens_anything() -> None:
    drawn_by = (FOLDER / "sheet.typ").read_text()
    assert re.findall(r"\b(read|eval|plugin|import|include|csv|yaml|toml|xml|cbor)\b\s*[(\"@]",
                      drawn_by) == []  # fmt: skip
    assert re.findall(r"\bjson\(([^)]*)", drawn_by) == ["bytes(sys.inputs.sheet"]


@pytest.mark.parametrize("word", [
    "W" * 400,
    "vorname.nachname@integrationsmanagement.landratsamt-beispielkreis-mit-langem-namen.de",
    "Donaudampfschifffahrtsgesellschaftskapitänspatentprüfungsordnungsverfahren",
    "ش" * 200,
])  # fmt: skip
def test_a_long_word_is_broken_and_stays_itself(word: str) -> None:
    made = pdf(Sheet(Words("Blatt", "Sheet"), (Paragraph(Words(word, word)),), "en"))
    assert squeezed(reading.text(made)).count(word) == 2


def test_lines_and_tabs_stay_apart_and_control_characters_go() -> None:
    said = reading.text(
        pdf(german(Paragraph(Words("eins\r\nzwei\tdrei\x00\x07\ufeff\ud800 vier"))))
    )
    assert "eins zwei drei vier" in said


def test_a_note_of_twenty_thousand_characters_in_five_scripts() -> None:
    sentences = ("Das ist eine Notiz. ", "Це нотатка. ", "هذه ملاحظة. ", "እዚ መዘኻኸሪ እዩ። ",
                 "ეს შენიშვნაა. ")  # fmt: skip
    note = "".join(sentence * 260 for sentence in sentences)[:19_990] + "Schluss"
    assert len(note) > 18_000
    made = pdf(Sheet(Words("Blatt", "ورقة"), (Paragraph(Words(note, note)),), "ar"))
    found = reading.pages(made)
    assert reading.is_accessible(made)
    assert len(found) > 5
    assert [page.rpartition(" ")[0][-4:].strip() for page in found] == [
        f"{number} /" for number in range(1, len(found) + 1)
    ]
    for sentence in ("Das ist eine Notiz.", "Це нотатка.", "هذه ملاحظة.", "እዚ መዘኻኸሪ እዩ።",
                     "ეს შენიშვნაა."):  # fmt: skip
        assert " ".join(found).count(sentence.split()[-1]) >= 2 * 250
    assert " ".join(found).count("Schluss") == 2


def test_the_code_carries_the_reference_and_nothing_else() -> None:
    assert reading.qr_codes(pdf(ARABIC)) == [REFERENCE]
    assert REFERENCE in reading.text(pdf(german(Code(REFERENCE))))


def test_a_signature_is_drawn_as_lines() -> None:
    signature = next(block for block in ARABIC.blocks if block.kind == "signature")
    empty = replace(ARABIC, blocks=tuple(
        replace(block, strokes=None) if block is signature else block for block in ARABIC.blocks
    ))  # fmt: skip
    assert reading.pixels(pdf(ARABIC)) != reading.pixels(pdf(empty))
    assert reading.raster_images(pdf(ARABIC)) == 0
    assert "Unterschrift" not in [tag.alt for tag in reading.tags(pdf(empty))]


def test_a_sheet_in_german_alone_has_no_other_language() -> None:
    made = pdf(replace(ARABIC, language=""))
    assert "الموافقة" not in reading.text(made)
    assert {tag.language for tag in reading.tags(made)} == {"de"}
    assert reading.is_accessible(made)


def test_several_at_once() -> None:
    sheets = [german(Paragraph(Words(f"Nummer {number}"))) for number in range(8)]
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(pdf, sheets))
    assert [f"Nummer {number}" in reading.text(one) for number, one in enumerate(made)] == [
        True
    ] * 8


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(), max_size=60), st.sampled_from(["", "ar", "ti", "pa", "mnk"]))
def test_nothing_typed_keeps_a_sheet_from_being_made(typed: str, language: str) -> None:
    words = Words(typed, typed)
    sheet = Sheet(Words("Blatt", typed), (Paragraph(words), Facts(((words, words),))), language)
    assert pdf(sheet).startswith(b"%PDF-1.7")
