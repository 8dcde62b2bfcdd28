"""Screens of an invented application, drawn with Pillow, for tests in which the real reader reads."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

SIZE = (1366, 768)
BLUE, GREEN, WHITE, INK, GREY = (29, 78, 137), (22, 120, 80), (255, 255, 255), (25, 28, 36), (205, 212, 222)
BANNER = [0.0, 0.07, 1.0, 0.07]


def font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which every set-up of the project installs."""
    try:
        return ImageFont.truetype("DejaVuSans.ttf", size)
    except OSError as err:
        raise AssertionError("the font DejaVu Sans is missing; apt-get install fonts-dejavu-core") from err


class Drawing:
    """A screen in the making."""

    def __init__(self, title: str = "Dossier Patient") -> None:
        self.image = Image.new("RGB", SIZE, (246, 248, 251))
        self._draw = ImageDraw.Draw(self.image)
        self._draw.rectangle((0, 0, SIZE[0], 44), fill=BLUE)
        self.text(title, 20, 12, size=18, colour=WHITE)

    def text(self, text: str, x: int, y: int, *, size: int = 15, colour: tuple[int, int, int] = INK) -> Drawing:
        self._draw.text((x, y), text, font=font(size), fill=colour)
        return self

    def button(self, text: str, x: int, y: int, *, colour: tuple[int, int, int] = GREEN) -> Drawing:
        width = int(self._draw.textlength(text, font=font(15))) + 36
        self._draw.rounded_rectangle((x, y, x + width, y + 36), 5, fill=colour)
        return self.text(text, x + 18, y + 9, colour=WHITE)

    def field(self, label: str, x: int, y: int, *, value: str = "") -> Drawing:
        self.text(label, x, y)
        self._draw.rectangle((x, y + 24, x + 320, y + 58), fill=WHITE, outline=GREY, width=1)
        return self.text(value, x + 10, y + 32) if value else self

    def banner(self, text: str) -> Drawing:
        self._draw.rectangle((0, 54, SIZE[0], 106), fill=(255, 243, 205))
        return self.text(text, 20, 70, size=16)


def login(message: str = "") -> Image.Image:
    drawing = Drawing().text("Connexion au dossier", 500, 120, size=24)
    if message:
        drawing.text(message, 500, 170, colour=(176, 32, 32))
    return drawing.field("Identifiant", 500, 210).field("Mot de passe", 500, 300).button("Se connecter", 500, 390).image


def board() -> Image.Image:
    drawing = Drawing().text("Tableau des urgences", 20, 70, size=24).button("Déconnexion", 1180, 60, colour=BLUE)
    for row, name in enumerate(("MARTIN Jeanne", "MARTIN Jeannine", "DURAND Paul")):
        drawing.text(name, 40, 160 + 60 * row).button("Ouvrir", 900, 150 + 60 * row)
    return drawing.image


def patient(name: str = "MARTIN Jeanne", born: str = "12/03/1958", ipp: str = "80012345") -> Image.Image:
    drawing = Drawing().banner(f"{name}   née le {born}   IPP {ipp}").text("Synthèse", 40, 140, size=20)
    return drawing.button("Prescrire", 40, 200).button("Transmissions", 240, 200, colour=BLUE).image


def prescriptions() -> Image.Image:
    drawing = Drawing().banner("MARTIN Jeanne   née le 12/03/1958   IPP 80012345")
    return drawing.text("Prescriptions en cours", 40, 140, size=20).button("Valider", 40, 200).image
