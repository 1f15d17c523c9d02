"""Read words that were typed wrong: a letter too many or too few, a key beside, two exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterable

#: Shorter words are put right only where letters are exchanged; a wrong key only in long ones.
SHORTEST, LONG = 4, 6
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
#: The keys beside a key, in its row and the rows above and below.
_BESIDE = {
    key: "".join(other[max(0, at - 1) : at + 2] for other in _ROWS[max(0, row - 1) : row + 2])
    for row, keys in enumerate(_ROWS)
    for at, key in enumerate(keys)
}


class Speller:
    """The forms of words that are known, found again by what is left without one letter."""

    def __init__(self, forms: Iterable[str], is_known: Callable[[str], bool]) -> None:
        """Know `forms`; a word that `is_known` is never corrected."""
        self._forms = frozenset(form for form in forms if len(form) >= SHORTEST)
        self._is_known = is_known
        #: By first letter, which must be right: what is left of a form without one letter.
        self._near: dict[str, dict[str, set[str]]] = {}

    def corrected(self, word: str) -> str:
        """Return the known word that was meant, or the word itself.

        The first letter must be right; a word of four letters may only have two exchanged.
        """
        if len(word) < SHORTEST or not word.isascii() or not word.isalpha():
            return word
        if self._is_known(word):
            return word
        found = [form for form in self._candidates(word) if form[0] == word[0]]
        near = [form for form in found if is_one_slip(word, form)]
        if len(word) == SHORTEST:
            near = [form for form in near if len(form) == SHORTEST and sorted(form) == sorted(word)]
        # Of several the one of the same letters first, then the longest: letters get lost.
        near.sort(key=lambda form: (sorted(form) != sorted(word), -len(form), form))
        return near[0] if near else word

    def _candidates(self, word: str) -> set[str]:
        shorts = {word, *_without_one(word)}
        found = {short for short in shorts if short in self._forms}
        near = self._near_of(word[0])
        for short in shorts:
            found |= near.get(short, set())
        return found

    def _near_of(self, letter: str) -> dict[str, set[str]]:
        """Return the forms that begin with a letter, made when a word first needs them."""
        if letter not in self._near:
            near: dict[str, set[str]] = {}
            for form in self._forms:
                for short in _without_one(form) if form[0] == letter else ():
                    near.setdefault(short, set()).add(form)
            self._near[letter] = near
        return self._near[letter]


def is_one_slip(word: str, form: str) -> bool:
    """Tell whether a letter was dropped, added or its neighbour hit, or two exchanged."""
    if abs(len(word) - len(form)) > 1 or word == form:
        return word == form
    if len(word) == len(form):
        differing = [
            at for at, pair in enumerate(zip(word, form, strict=True)) if pair[0] != pair[1]
        ]
        if len(differing) == 1:
            at = differing[0]
            return len(word) >= LONG and form[at] in _BESIDE.get(word[at], "")
        return (
            len(differing) == 2
            and differing[1] == differing[0] + 1
            and word[differing[0]] == form[differing[1]]
            and word[differing[1]] == form[differing[0]]
        )
    longer, shorter = (word, form) if len(word) > len(form) else (form, word)
    return shorter in set(_without_one(longer))


def _without_one(word: str) -> Iterable[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))
