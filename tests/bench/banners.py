"""Patients and their neighbours, drawn as banners of several applications, and ways of a banner not to be seen."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from string import Formatter

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from navigation.types import Box

SIZE = (1366, 768)
BANNER = [0.0, 0.05, 1.0, 0.09]
BANNER_PX = Box(0, 38, 1366, 70)
Colour = tuple[int, int, int]

# Family and given names, each with one that is easily taken for it.
FAMILY = {
    "MARTIN": "MARTINE", "BERNARD": "BERNARDI", "ROUSSEL": "ROUSSET", "PETITJEAN": "PETITJEAU", "KEITA": "KEITTA",
    "LEFÈVRE": "LEFEBVRE", "SCHMITT": "SCHMIDT", "GARNIER": "GARNIEZ", "DELMAS": "DELMOS", "NGUYEN": "NGUYAN",
    "D'ALMEIDA": "D'ALMEIRA", "LE GOFF": "LE GALL", "MARTIN-DUPONT": "MARTIN-DUPOND", "BEN SAÏD": "BEN SAÏB",
}  # fmt: skip
GIVEN = {
    "Jeanne": "Jeannine", "Paul": "Paula", "Hélène": "Helena", "Moussa": "Moussab", "Inès": "Agnès",
    "Camille": "Camilla", "Odile": "Odette", "Hugo": "Hugues", "Awa": "Eva", "Marc": "Marcel",
    "Marie-Ève": "Marie-Anne", "Jean-Noël": "Jean-Joël", "Zoé": "Chloé", "François": "Françoise",
}  # fmt: skip
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    family: str
    given: str
    born: date
    ipp: str
    ins: str

    @property
    def fields(self) -> dict[str, str]:
        born = self.born
        return {
            "family": self.family,
            "given": self.given,
            "born": f"{born:%d/%m/%Y}",
            "born_dashes": f"{born:%d-%m-%Y}",
            "born_words": f"{born.day} {MONTHS[born.month - 1]} {born.year}",
            "ipp": self.ipp,
            "ins": self.ins,
        }


@dataclass(frozen=True)
class Layout:
    """How an application sets its banner: one or two lines of text, size in px, colours, bold or not."""

    name: str
    lines: tuple[str, ...]
    size: int
    ink: Colour
    ground: Colour
    is_bold: bool = False


LAYOUTS = (
    Layout("light", ("{family} {given}   né(e) le {born}   IPP {ipp}",), 16, (25, 28, 36), (255, 243, 205)),
    Layout("coloured", ("{family} {given}  ·  {born}  ·  IPP : {ipp}",), 19, (255, 255, 255), (29, 78, 137), True),
    Layout("small", ("Patient : {family} {given} - {born_dashes} - N° {ipp}",), 13, (60, 60, 60), (240, 244, 248)),
    Layout("dark", ("{family} {given}     {born_words}     IPP {ipp}",), 22, (230, 230, 240), (30, 32, 40), True),
    Layout(
        "two lines", ("{family} {given}", "Né(e) le {born}    IPP {ipp}    INS {ins}"), 16, (20, 30, 50),
        (226, 240, 230),
    ),
    Layout(
        "labels", ("Nom : {family}    Prénom : {given}    Né(e) le : {born}    IPP : {ipp}",), 15, (40, 20, 20),
        (255, 255, 255),
    ),
    Layout("numbers", ("{family} {given}  né(e) le {born}  INS {ins}  IPP {ipp}",), 15, (255, 255, 255), (22, 110, 84)),
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A drawn screen and where each field of the banner stands on it."""

    image: Image.Image
    places: Mapping[str, Box]


def draw(person: Person, layout: Layout) -> Shown:
    """A patient's page: title bar, banner, a heading and two buttons."""
    image = Image.new("RGB", SIZE, (250, 250, 252))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIZE[0], 36), fill=(60, 66, 80))
    pen.rectangle((0, 40, SIZE[0], 104), fill=layout.ground)
    font = _font(layout.size, layout.is_bold)
    places: dict[str, Box] = {}
    top = 72 - len(layout.lines) * (layout.size + 8) // 2
    for number, line in enumerate(layout.lines):
        places |= _write(pen, line, person, font, 24, top + number * (layout.size + 9), layout.ink)
    pen.text((40, 140), "Synthèse", font=_font(20), fill=(25, 28, 36))
    for text, x, colour in (("Prescrire", 40, (22, 120, 80)), ("Transmissions", 240, (29, 78, 137))):
        pen.rounded_rectangle((x, 200, x + 36 + int(pen.textlength(text, font=_font(15))), 236), 5, fill=colour)
        pen.text((x + 18, 209), text, font=_font(15), fill=(255, 255, 255))
    return Shown(image, places)


def _write(
    pen: ImageDraw.ImageDraw, line: str, person: Person, font: ImageFont.FreeTypeFont, x: int, y: int, ink: Colour
) -> dict[str, Box]:
    """Draw a line in one go; where its fields came to stand."""
    places, text = {}, ""
    for literal, name, _, _ in Formatter().parse(line):
        text += literal
        if name is None:
            continue
        start = x + round(pen.textlength(text, font=font))
        text += person.fields[name]
        width = x + round(pen.textlength(text, font=font)) - start
        places[name.partition("_")[0]] = Box(start, y, width, round(font.size) + 4)
    pen.text((x, y), text, font=font, fill=ink)
    return places


def _font(size: int, is_bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype("DejaVuSans-Bold.ttf" if is_bold else "DejaVuSans.ttf", size)


# --- people -----------------------------------------------------------------------------------------


def someone(chance: random.Random) -> Person:
    born = date(1930, 1, 1) + timedelta(days=chance.randrange(90 * 365))
    ins = f"{chance.choice('12')}{born:%y%m}{chance.randrange(10**10):010}"
    ipp = str(chance.randrange(1_000_000, 10 ** chance.randint(7, 10)))
    return Person(chance.choice(list(FAMILY)), chance.choice(list(GIVEN)), born, ipp, ins)


def _other_digit(person: Person, chance: random.Random) -> Person:
    at = chance.randrange(1, len(person.ipp))
    digit = str((int(person.ipp[at]) + chance.randint(1, 9)) % 10)
    return replace(person, ipp=person.ipp[:at] + digit + person.ipp[at + 1 :])


def _digit_more_or_less(person: Person, chance: random.Random) -> Person:
    """A digit written twice, or one of a pair left out: what tesseract's network does by itself now and then."""
    at = chance.randrange(len(person.ipp))
    twice = person.ipp[:at] + person.ipp[at] + person.ipp[at:]
    return replace(person, ipp=twice if len(person.ipp) < 10 else person.ipp[:at] + person.ipp[at + 1 :])


def _other_day(person: Person, chance: random.Random) -> Person:
    return replace(person, born=person.born + timedelta(days=chance.choice((-1, 1))))


def _all_of_it(person: Person, chance: random.Random) -> Person:
    return replace(_other_day(_other_digit(person, chance), chance), given=GIVEN[person.given])


Neighbour = Callable[[Person, random.Random], Person]
NEIGHBOURS: dict[str, Neighbour] = {
    "near family name": lambda person, _: replace(person, family=FAMILY[person.family]),
    "near given name": lambda person, _: replace(person, given=GIVEN[person.given]),
    "one digit": _other_digit,
    "a digit more or less": _digit_more_or_less,
    "one day of birth": _other_day,
    "same name, other number": lambda person, chance: replace(person, ipp=someone(chance).ipp),
    "all of it": _all_of_it,
}


# --- banners that cannot be seen --------------------------------------------------------------------

_NEEDED = ("family", "given", "born", "ipp")


def covered_by_popup(shown: Shown, chance: random.Random) -> Image.Image:
    """A message of the application over one whole part of the identity."""
    image, place = shown.image.copy(), shown.places[chance.choice(_NEEDED)]
    pen = ImageDraw.Draw(image)
    left, right = max(0, place.x - 12), max(place.right + 12, place.x + 230)
    pen.rectangle((left, place.y - 6, right, place.y + 60), fill=(255, 255, 255), outline=(120, 120, 120), width=1)
    pen.text((left + 10, place.y + 2), "Mise à jour à 18 h 30", font=_font(14), fill=(25, 28, 36))
    return image


def covered_in_part(shown: Shown, chance: random.Random) -> Image.Image:
    """Something flat over the first or last half of one part of the identity."""
    image, place = shown.image.copy(), shown.places[chance.choice(_NEEDED)]
    half = max(14, place.w // 2)
    left = place.x if chance.random() < 0.5 else place.right - half
    ImageDraw.Draw(image).rectangle((left, place.y - 2, left + half, place.bottom), fill=(214, 219, 228))
    return image


def blurred(shown: Shown, _chance: random.Random) -> Image.Image:
    """Out of focus, as while a remote display is built up: no letter can be told."""
    place = shown.places["ipp"]
    return _banner_changed(shown.image, lambda part: part.filter(ImageFilter.GaussianBlur(0.4 * place.h)))


def faded(shown: Shown, _chance: random.Random) -> Image.Image:
    """Ink and ground a few grey levels apart."""

    def fade(part: Image.Image) -> Image.Image:
        return Image.blend(Image.new("RGB", part.size, part.getpixel((4, 8))), part, 0.015)

    return _banner_changed(shown.image, fade)


Spoil = Callable[[Shown, random.Random], Image.Image]
SPOILS: dict[str, Spoil] = {
    "covered by a pop-up": covered_by_popup,
    "covered in part": covered_in_part,
    "blurred": blurred,
    "hardly any contrast": faded,
}


def remote(image: Image.Image, chance: random.Random) -> Image.Image:
    """The screen as a remote desktop shows it: packed as a JPEG of middling quality."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=chance.randint(45, 70), subsampling=2)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def _banner_changed(image: Image.Image, change: Callable[[Image.Image], Image.Image]) -> Image.Image:
    image, area = image.copy(), (0, 40, SIZE[0], 105)
    image.paste(change(image.crop(area)), area[:2])
    return image
