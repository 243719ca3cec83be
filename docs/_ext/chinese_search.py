"""Search in Chinese: sequences of characters, which have no spaces, are indexed by pairs of adjacent characters.

The search page splits a query in the same way, so that 学习规则 is found where 学习, 习规 and 规则 occur.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.search.en import SearchEnglish

WORDS = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+")
# It must not contain quotes, < and >, which the template of Sphinx escapes.
SPLIT_QUERY = r"""
var splitQuery = function (query) {
  const words = query.match(/[\u3400-\u9fff]+|(?:(?![\u3400-\u9fff])[\p{Letter}\p{Number}_])+/gu) || [];
  return words.flatMap(function (word) {
    if (!/[\u3400-\u9fff]/.test(word) || word.length === 1) return [word];
    return Array.from({length: word.length - 1}, function (_, at) { return word.slice(at, at + 2); });
  });
};
"""


class EnglishAndChinese(SearchEnglish):
    """English words by their stems, Chinese by pairs of characters."""

    js_splitter_code = SPLIT_QUERY

    def split(self, input: str) -> list[str]:
        """Return the words of a text, and the pairs of adjacent Chinese characters.

        Example:
            >>> EnglishAndChinese({}).split("Keras 的学习规则")
            ['Keras', '的学', '学习', '习规', '规则']
        """
        return [term for word in WORDS.findall(input) for term in terms_of(word)]


def terms_of(word: str) -> list[str]:
    """Return the index entry of a word."""
    if len(word) == 1 or not "\u3400" <= word[0] <= "\u9fff":
        return [word]
    return [word[at : at + 2] for at in range(len(word) - 1)]


def setup(app: Any) -> dict[str, bool]:
    """Replace the English search of Sphinx."""
    app.add_search_language(EnglishAndChinese)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
