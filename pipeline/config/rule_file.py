"""A document to rules: defaults and bases merged in, derived clips and placeholders checked.

A field of a clip is taken from the nearest place that states it: the clip, the rule's `defaults`,
the clip of that name in the rule that `extends` names, the file's `defaults`. A rule that states
`match` takes neither `match` nor `when` of its base; one that states only `when` adds to it, and
every rule adds to the `when` of its file. Excluded words (`without`, `outside`) add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ..core.errors import ConfigError, each
from ..core.model import Box, Clip, Document, Grading, Record, Rule, When
from .clip_fields import DERIVED_FIELDS, PAID_FIELDS, TOUCHING_FIELDS
from .rule_checks import check
from .rule_fields import FILE, OVERRIDE, RULE
from .shapes import At, Mistakes, nearest
from .tables import document as read_document

_SUCH_AS = {
    "match": "`match: characters/*.png`",
    "clips": '`clips: {idle: "breathing calmly, seamless loop"}`',
}
_Stated = Mapping[str, object]
#: Of a derived clip, unless stated: as in the clip that it is derived from. Its `fps` and `hold`
#: stay open, since its frames keep the durations of those that they are copies of.
_INHERITED = ("loop", "direction", "alpha", "crop")
#: Where a clip may come from, and the fields that a clip has only if it comes from there.
_KINDS = {
    "frames_from": frozenset({"frames_from"}),
    "derived_from": DERIVED_FIELDS,
    "prompt": PAID_FIELDS,
}
_REFUSED = {
    "derived_from": PAID_FIELDS,
    "frames_from": PAID_FIELDS | DERIVED_FIELDS | TOUCHING_FIELDS,
}
_WRITTEN = {"derived_from": "from", "frames_from": "frames_from", "is_reversed": "reverse"}
_WHY = {
    "derived_from": "a derived clip buys nothing",
    "frames_from": "the frames are taken as they are, and nothing is bought",
}
_CLIP_DEFAULTS = Clip(name="")
_WHEN_DEFAULTS = When()


def rules(document: Document, *, pack: str = "", bases: Mapping[str, Rule]) -> tuple[Rule, ...]:
    """Return the rules of one file in its order.

    `pack` is the pack's name with its version, or "". `bases` holds rules of other files that
    `extends` may name, under what `rules.label` calls them. Raises ConfigError with file and line.
    """
    return _Library([(document, pack)], bases).all()


def load(documents: Sequence[tuple[Document, str]]) -> tuple[Rule, ...]:
    """Return the rules of (document, pack) in the order given; any may extend any other one."""
    return _Library(documents, {}).all()


def override(rule: Rule | None, document: Document) -> Rule:
    """Return `rule` with what a per-file document such as `hero.png.yaml` states.

    Clips are merged by name and `null` drops one; a rule without clips leaves the sprite alone.
    Without a rule the document is the rule, called after its file.
    """
    at = At(document=document)
    stated = read_document(OVERRIDE, document)
    name = document.path.rpartition("/")[2].removesuffix(".yaml")
    base = rule or Rule(name=name, match=(), clips=(), file=document.path, line=1)
    changed = _merge(base, stated, {}, at)
    check(changed, at)
    return changed


class _Entry(Record, frozen=True, kw_only=True):
    """A rule as stated."""

    stated: _Stated
    #: `when` and `defaults` of its file.
    file: _Stated
    pack: str
    at: At

    @property
    def label(self) -> str:
        """The name under which others may extend it."""
        return f"{self.pack}/{self.stated['name']}" if self.pack else str(self.stated["name"])


class _Library:
    """All rules that may extend each other."""

    def __init__(
        self, documents: Sequence[tuple[Document, str]], bases: Mapping[str, Rule]
    ) -> None:
        self._entries: dict[str, _Entry] = {}
        self._done: dict[str, Rule] = {}
        self._bases = bases
        #: Names of rules that could not be read: what extends them is not blamed for that.
        self._broken: set[str] = set()
        self._mistakes = Mistakes()
        for document, pack in documents:
            for entry in self._read(document, pack):
                if (other := self._entries.get(entry.label)) is not None:
                    where = f"{other.at.document.path}:{other.at.line}"
                    with self._mistakes.here():
                        raise entry.at.below("name").error(f"is taken: see {where}")
                self._entries.setdefault(entry.label, entry)

    def all(self) -> tuple[Rule, ...]:
        """Return every rule, in order. Raises ConfigError for all mistakes at once."""
        found: list[Rule] = []
        for label, entry in self._entries.items():
            with self._mistakes.here():
                if entry.stated.get("extends") in self._broken:
                    self._broken.add(label)
                else:
                    found.append(self._rule(label, ()))
        self._mistakes.settle()
        return tuple(found)

    def _read(self, document: Document, pack: str) -> list[_Entry]:
        """Return a file's rules as stated; where one is wrong, those that are not."""
        try:
            return _entries(document, pack)
        except ConfigError as exc:
            self._mistakes.found += each(exc)
        content = document.content if isinstance(document.content, Mapping) else {}
        listed = content.get("rules")
        found: list[_Entry] = []
        for number, one in enumerate(listed if isinstance(listed, list) else ()):
            at = At(document=document, place=("rules", number))
            try:
                found.append(_Entry(stated=RULE.read(one, at), file={}, pack=pack, at=at))
            except ConfigError:
                self._broken.add(str(one.get("name")) if isinstance(one, Mapping) else "")
        return found

    def _rule(self, label: str, trail: tuple[str, ...]) -> Rule:
        """Return one rule with its base merged in; `trail` holds the rules that wait for it."""
        if label in self._done:
            return self._done[label]
        entry = self._entries[label]
        base = self._base(entry, (*trail, label)) if "extends" in entry.stated else None
        rule = _from_entry(entry, base)
        check(rule, entry.at)
        self._done[label] = rule
        return rule

    def _base(self, entry: _Entry, trail: tuple[str, ...]) -> Rule:
        """Return the rule that `entry` extends."""
        wanted = str(entry.stated["extends"])
        label = self._find(wanted, entry)
        if label in trail:
            circle = " -> ".join((*trail[trail.index(label) :], label))
            raise entry.at.below("extends").error(f"goes round in a circle: {circle}")
        return self._rule(label, trail) if label in self._entries else self._bases[label]

    def _find(self, wanted: str, entry: _Entry) -> str:
        """Return the label meant by `wanted`: of its own file's kind first, then any one."""
        own = f"{entry.pack}/{wanted}" if entry.pack else wanted
        labels = dict.fromkeys((*self._entries, *self._bases))
        for label in (own, wanted):
            if label in labels:
                return label
        alike = [label for label in labels if _is_short_for(wanted, label)]
        if len(alike) == 1:
            return alike[0]
        at = entry.at.below("extends")
        if alike:
            raise at.error(f"may be any of {', '.join(alike)}; write which one")
        raise at.error(f"names no rule: `{wanted}`{nearest(wanted, labels)}")


def _is_short_for(wanted: str, label: str) -> bool:
    """Tell whether `hero` or `characters/hero` may stand for `characters@1/hero`."""
    pack, _, name = label.rpartition("/")
    return wanted in (name, f"{pack.partition('@')[0]}/{name}")


def _entries(document: Document, pack: str) -> list[_Entry]:
    """Return a file's rules as stated."""
    at = At(document=document)
    stated = read_document(FILE, document)
    listed = stated.pop("rules")
    assert isinstance(listed, tuple)
    return [
        _Entry(stated=one, file=stated, pack=pack, at=at.below("rules", number))
        for number, one in enumerate(listed)
    ]


def _from_entry(entry: _Entry, base: Rule | None) -> Rule:
    """Build a rule from what it, its file and its base state."""
    stated = {key: value for key, value in entry.stated.items() if key != "description"}
    for key in ("match", "clips"):
        if key not in stated and base is None:
            raise entry.at.error(f"lacks `{key}`, such as {_SUCH_AS[key]}")
    start = base or Rule(name="", match=(), clips=())
    if "match" in stated:
        start = msgspec.structs.replace(start, when=_WHEN_DEFAULTS)
    when = _both(_mapping(entry.file.get("when")), _mapping(stated.get("when")))
    if when:
        stated["when"] = when
    start = msgspec.structs.replace(
        start, pack=entry.pack, file=entry.at.document.path, line=entry.at.line
    )
    rule = _merge(start, stated, _mapping(entry.file.get("defaults")), entry.at)
    if not rule.clips:
        raise entry.at.error("has no clip left")
    return rule


def _merge(base: Rule, stated: _Stated, file_defaults: _Stated, at: At) -> Rule:
    """Lay what is stated over `base`."""
    own = {key: value for key, value in stated.items() if key not in ("defaults", "extends")}
    own["clips"] = _clips(base, stated, file_defaults, at)
    if "when" in own:
        inherited = _differing(base.when, _WHEN_DEFAULTS)
        own["when"] = msgspec.convert(_both(inherited, _mapping(own["when"])), When)
    if "pivot" in own and not isinstance(own["pivot"], str):
        own["pivot"] = msgspec.convert(own["pivot"], tuple[int, int])
    if "parts" in own:
        boxes = {**base.parts, **msgspec.convert(own["parts"], dict[str, Box])}
        _check_boxes(boxes, at)
        own["parts"] = boxes
    if "grade" in own:
        own["grade"] = _grading(own["grade"], base.grade)
    return msgspec.structs.replace(base, **own)


def _check_boxes(parts: Mapping[str, Box], at: At) -> None:
    """Raise ConfigError for a box that holds nothing."""
    for name, (left, top, right, bottom) in parts.items():
        if right <= left or bottom <= top:
            raise at.below("parts", name).error(
                "holds nothing: it is [left, top, right, bottom], right and bottom exclusive"
            )


def _grading(stated: object, base: Grading) -> Grading:
    """Return what a low grade means; a number alone is the one to warn at."""
    fields = {"warn": stated} if isinstance(stated, int) else _mapping(stated)
    return msgspec.convert({**msgspec.structs.asdict(base), **fields}, Grading)


def _clips(base: Rule, stated: _Stated, file_defaults: _Stated, at: At) -> tuple[Clip, ...]:
    """Return the base's clips with the stated ones laid over, in the order of first mention."""
    defaults = _mapping(stated.get("defaults"))
    known = {clip.name: clip for clip in base.clips}
    own = _mapping(stated.get("clips"))
    clips: dict[str, Clip] = {}
    mistakes = Mistakes()
    for name in dict.fromkeys((*known, *own)):
        below = at.below("clips", name)
        with mistakes.here():
            if name in own and own[name] is None:
                if name not in known:
                    raise below.error(
                        "has no prompt; and it cannot be dropped: the base has no such clip"
                        f"{nearest(name, known)}"
                    )
                continue
            restated = _long(own[name]) if name in own else None
            clips[name] = _clip(name, known.get(name), (file_defaults, defaults, restated), below)
    mistakes.settle()
    return tuple(_inherit(clip, clips) for clip in clips.values())


def _clip(
    name: str, base: Clip | None, layers: tuple[_Stated, _Stated, _Stated | None], at: At
) -> Clip:
    """Merge one clip; `layers` are the file's defaults, the rule's, and the clip as stated."""
    file_defaults, defaults, stated = layers
    own = stated or {}
    fields = _differing(base, _CLIP_DEFAULTS) if base is not None else {}
    kind = _kind(own, at) or _kind(fields, at)
    for other, its_own in _KINDS.items():
        if other != kind:
            fields = {key: value for key, value in fields.items() if key not in its_own}
    _refuse(own, kind, at)
    if kind == "frames_from":
        plain = {**file_defaults, **fields, **defaults}
        fields = {**{k: v for k, v in plain.items() if k not in _REFUSED[kind]}, **own}
    elif kind == "derived_from":
        fields = {**fields, **own}
    else:
        fields = {**file_defaults, **fields, **defaults, **own}
    if base is None and not kind:
        raise at.error(
            "lacks `prompt`, `from` to derive it from another clip, or `frames_from` to make it of "
            "numbered frames"
        )
    where = {"file": at.document.path, "line": at.line} if stated is not None else {}
    return msgspec.convert({**fields, **where, "name": name}, Clip)


def _kind(stated: _Stated, at: At) -> str:
    """Return which field says where a clip comes from; "" where none of them is stated."""
    found = [field for field in _KINDS if field in stated]
    if len(found) > 1 and found[0] == "frames_from":
        name = _WRITTEN.get(found[1], found[1])
        raise at.below(name).error(f"cannot be stated with `frames_from`: {_WHY['frames_from']}")
    return found[0] if found else ""


def _refuse(own: _Stated, kind: str, at: At) -> None:
    """Refuse what a clip of this kind cannot have."""
    for field in own:
        if field in _REFUSED.get(kind, ()):
            name = _WRITTEN.get(field, field)
            raise at.below(name).error(f"cannot be stated with `{_WRITTEN[kind]}`: {_WHY[kind]}")


def _inherit(clip: Clip, clips: Mapping[str, Clip]) -> Clip:
    """Fill in what a derived clip takes from its origin. Unknown origins are `check`'s to tell."""
    origin, seen = clip, {clip.name}
    while origin.derived_from is not None and origin.derived_from in clips:
        origin = clips[origin.derived_from]
        if origin.name in seen:
            return clip
        seen.add(origin.name)
        missing = {
            field: getattr(origin, field)
            for field in _INHERITED
            if getattr(clip, field) == getattr(_CLIP_DEFAULTS, field)
        }
        clip = msgspec.structs.replace(clip, **missing)
    return clip


def _both(outer: _Stated, inner: _Stated) -> dict[str, object]:
    """Lay conditions over conditions; excluded words of both hold."""
    both = {**outer, **inner}
    for name in ("without", "outside"):
        lists = [stated[name] for stated in (outer, inner) if name in stated]
        if lists:
            both[name] = tuple(dict.fromkeys(word for words in lists for word in _tuple(words)))
    return both


def _tuple(value: object) -> tuple[object, ...]:
    """Return `value`, which a list shape has read."""
    assert isinstance(value, tuple)
    return value


def _long(value: object) -> _Stated:
    """Return a clip's long form."""
    return {"prompt": value} if isinstance(value, str) else _mapping(value)


def _mapping(value: object) -> dict[str, object]:
    """Return `value`, which a table has read, or an empty mapping for nothing."""
    if value is None:
        return {}
    assert isinstance(value, dict)
    return dict(value)


def _differing(record: Record, defaults: Record) -> dict[str, object]:
    """Return the fields of `record` that are stated: other than the default."""
    return {
        name: value
        for name in record.__struct_fields__
        if (value := getattr(record, name)) != getattr(defaults, name)
    }
