"""The language of the sentences in a reply, by the header Accept-Language."""

from __future__ import annotations

from collections.abc import Mapping

from ..language import LANGUAGES


def language_of(headers: Mapping[str, str], usual: str) -> str:
    """Return the language that a request prefers, among those that there are.

    Args:
        headers: The headers of the request.
        usual: The language if the request names none of them.

    Example:
        >>> language_of({"accept-language": "de, zh-CN;q=0.8, en;q=0.5"}, "en"), language_of({}, "en")
        ('zh', 'en')
        >>> language_of({"accept-language": "en;q=0.1, zh;q=x"}, "zh")
        'en'

    Reference:
        RFC 9110, section 12.5.4.
    """
    found: dict[str, float] = {}
    for each in headers.get("accept-language", "").split(","):
        name, _, weight = each.partition(";q=")
        lang = name.strip().lower().partition("-")[0]
        try:
            share = float(weight or 1)
        except ValueError:
            continue
        if lang in LANGUAGES and share > 0:
            found[lang] = max(share, found.get(lang, 0.0))
    return max(found, key=lambda lang: found[lang], default=usual)
