"""What a file of cases is refused for: whole sentences, ids of the console's catalogues; and names made harmless."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from navigation.errors import PackError

SENTENCES: Final[Mapping[str, str]] = {
    "missing": "There is no file or folder {name}. Nothing was changed.",
    "not_a_pack": "{name} is no file of cases that is known here. Nothing was changed.",
    "not_zip": "{name} is not a whole zip archive. Nothing was changed.",
    "too_large": "{name} is larger than a file of cases may be ({limit}). Nothing was changed.",
    "too_many": "{name} holds more files than a file of cases may ({limit}). Nothing was changed.",
    "bomb": "The member {member} would unpack to far more than it is. Nothing was unpacked or changed.",
    "absolute": "The member {member} names an absolute path. Nothing was unpacked or changed.",
    "traversal": "The member {member} points out of its folder. Nothing was unpacked or changed.",
    "link": "The member {member} is a link or no plain file. Nothing was unpacked or changed.",
    "encrypted": "The member {member} is encrypted or packed in a way that is not read here. Nothing was changed.",
    "duplicate": "The member {member} is there twice (case aside). Nothing was unpacked or changed.",
    "unknown_member": "The member {member} does not belong in a file of cases. Nothing was unpacked or changed.",
    "member_missing": "The member {member} is named but not there. Nothing was changed.",
    "hash": "The member {member} is not what the manifest says it is (SHA-256). Nothing was changed.",
    "damaged": "The member {member} cannot be read whole. Nothing was changed.",
    "json": "The member {member} is not the JSON it should be ({why}). Nothing was changed.",
    "format": "{name} is of the format {found}, which this version does not read. Nothing was changed.",
    "case": "The case {member} cannot be used: {why}. Nothing was changed.",
    "picture": "The picture {member} cannot be used: {why}. Nothing was changed.",
    "picture_id": "The picture {member} does not show what its name says. Nothing was changed.",
    "no_picture": "The case {member} needs a picture that is neither in the file nor stored here. Import it with its "
    "pictures. Nothing was changed.",
    "other_case": "The case {member} is stored here with other content. Nothing was changed.",
}
"""By code; `{why}` is made of `WHYS`."""

WHYS: Final = (
    "it is too large",
    "it is nested too deeply",
    "it is not JSON",
    "it names a value twice",
    "a value is missing or of the wrong kind",
    "its id is not one",
    "its action is not one",
    "its outcomes are not outcomes",
    "a box does not lie on its picture",
    "a press needs a box",
    "its picture is not named by a SHA-256",
    "its file name leads elsewhere",
    "it is no PNG",
    "its pixels cannot be read",
    "its label is not one",
)
MAX_SHOWN: Final = 80


def refuse(code: str, *, member: str = "", name: str = "", why: str = "", **values: object) -> PackError:
    """The error to raise; names are shown without control characters, and not at full length."""
    shown = {"member": harmless(member), "name": harmless(name), "why": why, **values}
    return PackError(code, SENTENCES[code], **{k: v for k, v in shown.items() if "{" + k + "}" in SENTENCES[code]})


def harmless(name: str) -> str:
    """A name from an untrusted file, to be shown: nothing that a terminal or a page would act on."""
    plain = "".join(c if c.isprintable() else "?" for c in name)
    return plain if len(plain) <= MAX_SHOWN else plain[: MAX_SHOWN - 1] + "…"
