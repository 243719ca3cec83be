"""Names and common abbreviations of months and weekdays in the supported languages."""

from __future__ import annotations

import unicodedata

# English, German, French, Spanish, Italian, Portuguese, Dutch; no word means two different months.
WORDS = (
    "january jan januar jänner jän janvier janv enero ene gennaio gen janeiro januari",
    "february feb februar feber février févr fév febrero febbraio fevereiro fev februari",
    "march mar märz mär mrz mars marzo março maart mrt",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag maio mei",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août aoû agosto ago augustus",
    "september sep sept septembre septiembre setiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro",
)
WEEKDAYS = (
    "monday mon montag mo lundi lun lunes lunedì segunda segunda-feira seg maandag ma",
    "tuesday tue tues dienstag di mardi mar martes martedì terça terça-feira ter dinsdag",
    "wednesday wed mittwoch mi mercredi mer miércoles mié mercoledì quarta quarta-feira qua woensdag wo",
    "thursday thu thur thurs donnerstag do jeudi jeu jueves jue giovedì gio quinta quinta-feira qui donderdag",
    "friday fri freitag fr vendredi ven viernes vie venerdì sexta sexta-feira sex vrijdag vr",
    "saturday sat samstag sonnabend sa samedi sam sábado sáb sabato sab zaterdag za",
    "sunday sun sonntag so dimanche dim domingo dom domenica zondag zo",
)


def _with_bare(words: str) -> list[str]:
    """Return the words, and accented words also without accents, since these are often omitted."""
    written = words.split()
    bare = ["".join(sign for sign in unicodedata.normalize("NFD", word) if sign.isascii()) for word in written]
    return list(dict.fromkeys([*written, *bare]))


QUARTERS = {
    written: 3 * quarter - 2
    for quarter in range(1, 5)
    for written in (f"q{quarter}", f"{quarter}q", f"{quarter}.quartal", f"{quarter}. quartal")
} | {"h1": 1, "h2": 7}
NUMBERS = {word: number for number, words in enumerate(WORDS, start=1) for word in _with_bare(words)}


def _any_of(words: list[str]) -> str:
    return "(?i:" + "|".join(sorted(set(words), key=lambda word: (-len(word), word))) + ")"


MONTH = _any_of(list(NUMBERS))
WEEKDAY = _any_of([word for words in WEEKDAYS for word in _with_bare(words)])
