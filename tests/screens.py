"""Screens of an invented patient-record application, drawn with Pillow, with the phrases that stand on them.

Nobody on them exists. The boxes are where the text was drawn, so evidence made from them lies where it should.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from navigation.types import Box, Phrase

SIZE = (1366, 768)
PATIENTS = (
    ("MARTIN Jeanne", "12/03/1958", "8012345", "Box 1", "Douleur thoracique"),
    ("MARTIN Jeannine", "13/03/1958", "8012346", "Box 2", "Chute à domicile"),
    ("BENALI Karim", "02/11/1984", "8023411", "Box 3", "Plaie de la main"),
    ("LEFÈVRE Odile", "27/06/1941", "8030217", "Box 5", "Dyspnée"),
    ("NGUYEN Linh", "19/01/1996", "8041180", "Box 6", "Céphalées"),
    ("DA SILVA Paulo", "30/08/1972", "8045533", "Déch. 1", "Malaise"),
    ("ROUSSEL Émile", "05/05/2011", "8051902", "Box 7", "Fièvre"),
)


@dataclass
class Screen:
    """A picture being drawn, what has been written on it and where its controls are."""

    image: Image.Image
    phrases: list[Phrase] = field(default_factory=list)
    controls: list[Box] = field(default_factory=list)

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)

    def write(self, x: int, y: int, text: str, *, size: int = 16, fill: str = "#1d2b33", bold: bool = False) -> Box:
        font = _font(size, bold)
        self.pen.text((x, y), text, font=font, fill=fill)
        left, top, right, bottom = self.pen.textbbox((x, y), text, font=font)
        box = Box(int(left), int(top), int(right - left) + 1, int(bottom - top) + 1)
        self.phrases.append(Phrase(text, box, 0.96 - (len(text) % 7) / 100))
        return box

    def rectangle(self, x: int, y: int, w: int, h: int, *, fill: str, outline: str | None = None, r: int = 0) -> Box:
        self.pen.rounded_rectangle((x, y, x + w - 1, y + h - 1), r, fill=fill, outline=outline)
        return Box(x, y, w, h)

    def button(self, x: int, y: int, w: int, text: str, *, fill: str = "#1668b8", ink: str = "#ffffff") -> Box:
        box = self.rectangle(x, y, w, 38, fill=fill, r=5)
        width = self.pen.textlength(text, font=_font(15, True))
        self.write(int(x + (w - width) / 2), y + 10, text, size=15, fill=ink, bold=True)
        self.controls.append(box)
        return box

    def field(self, x: int, y: int, w: int, label: str, hint: str = "") -> Box:
        self.write(x, y, label, size=14, fill="#3c4f5a", bold=True)
        box = self.rectangle(x, y + 22, w, 36, fill="#ffffff", outline="#9fb2bd", r=4)
        if hint:
            self.write(x + 10, y + 32, hint, size=14, fill="#93a3ac")
        self.controls.append(box)
        return box


@cache
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in ("LiberationSans", "DejaVuSans"):
        weight = "-Bold" if bold else ("-Regular" if name.startswith("Lib") else "")
        try:
            return ImageFont.truetype(f"{name}{weight}.ttf", size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _frame(title: str) -> Screen:
    screen = Screen(Image.new("RGB", SIZE, "#eaf0f3"))
    screen.rectangle(0, 0, SIZE[0], 52, fill="#0d3f66")
    screen.write(24, 14, "DPI Sainte-Aure", size=20, fill="#ffffff", bold=True)
    screen.write(250, 18, title, size=15, fill="#bcd7ea")
    return screen


def login(*, notice: str = "", submit: str = "Se connecter") -> Screen:
    """The log-in page; `notice` is a red message over the form."""
    screen = _frame("Urgences adultes")
    screen.rectangle(443, 170, 480, 400, fill="#ffffff", outline="#d0dbe1", r=8)
    screen.write(483, 200, "Connexion au dossier patient", size=21, bold=True)
    if notice:
        screen.rectangle(483, 240, 400, 40, fill="#fde3e3", outline="#e3a0a0", r=4)
        screen.write(497, 251, notice, size=14, fill="#9c1a1a")
    screen.field(483, 296, 400, "Identifiant", "prenom.nom")
    screen.field(483, 372, 400, "Mot de passe", "••••••••")
    screen.button(483, 456, 400, submit)
    screen.write(560, 520, "Mot de passe oublié ?", size=14, fill="#1668b8")
    return screen


def board(*, popup: str = "") -> Screen:
    """The list of patients with one "Ouvrir" a row; `popup` is a message window in front."""
    screen = _frame("Tableau des urgences")
    screen.write(1120, 18, "dr.morel — Déconnexion", size=14, fill="#bcd7ea")
    screen.write(32, 78, "Patients présents", size=20, bold=True)
    screen.button(1130, 72, 200, "Nouvelle entrée", fill="#1c8a4d")
    for x, name in ((48, "Box"), (160, "Patient"), (420, "Né(e) le"), (560, "IPP"), (700, "Motif")):
        screen.write(x, 130, name, size=14, fill="#5a6d78", bold=True)
    for line, (name, born, ipp, box, why) in enumerate(PATIENTS):
        y = 158 + line * 62
        screen.rectangle(32, y, 1300, 56, fill="#ffffff" if line % 2 else "#f4f8fa", outline="#dbe5ea", r=4)
        for x, text in ((48, box), (160, name), (420, born), (560, ipp), (700, why)):
            screen.write(x, y + 18, text, size=15, bold=x == 160)
        screen.button(1190, y + 9, 120, "Ouvrir")
    if popup:
        screen.rectangle(423, 260, 520, 230, fill="#ffffff", outline="#6b7f8a", r=8)
        screen.write(453, 290, "Information", size=20, bold=True)
        screen.write(453, 336, popup, size=15)
        screen.button(753, 430, 160, "J'ai compris")
    return screen


def record(patient: int = 0, *, notice: str = "") -> Screen:
    """The record of one of `PATIENTS`: banner, tabs, prescriptions."""
    name, born, ipp, box, why = PATIENTS[patient]
    screen = _frame("Dossier patient")
    screen.rectangle(0, 52, SIZE[0], 66, fill="#d8ebf7")
    screen.write(32, 64, name, size=21, bold=True)
    screen.write(32, 92, f"Née le {born}   IPP {ipp}   {box}", size=14, fill="#33505f")
    screen.rectangle(1090, 70, 240, 30, fill="#c62f3a", r=15)
    screen.write(1112, 77, "Allergie : pénicilline", size=15, fill="#ffffff", bold=True)
    for tab, text in enumerate(("Synthèse", "Prescriptions", "Examens", "Transmissions")):
        screen.rectangle(32 + tab * 160, 132, 150, 40, fill="#ffffff" if tab == 1 else "#cfdde5", r=4)
        screen.write(56 + tab * 160, 143, text, size=15, bold=tab == 1)
        screen.controls.append(Box(32 + tab * 160, 132, 150, 40))
    screen.write(32, 200, f"Motif : {why}", size=15)
    screen.button(1120, 190, 210, "Nouvelle prescription", fill="#1c8a4d")
    for line, drug in enumerate(("Paracétamol 1 g", "Morphine 5 mg", "Enoxaparine 4000 UI")):
        y = 250 + line * 66
        screen.rectangle(32, y, 1300, 58, fill="#ffffff", outline="#dbe5ea", r=4)
        screen.write(52, y + 20, drug, size=16, bold=True)
        screen.write(420, y + 21, "toutes les 6 heures", size=15)
        screen.button(1060, y + 10, 120, "Suspendre", fill="#b97a00")
        screen.button(1194, y + 10, 120, "Valider")
    if notice:
        screen.rectangle(32, 480, 1300, 44, fill="#fde3e3", outline="#e3a0a0", r=4)
        screen.write(52, 493, notice, size=15, fill="#9c1a1a")
    return screen


def second_factor() -> Screen:
    """A page that only a person may pass."""
    screen = _frame("Vérification")
    screen.rectangle(443, 200, 480, 320, fill="#ffffff", outline="#d0dbe1", r=8)
    screen.write(483, 240, "Second facteur requis", size=21, bold=True)
    screen.write(483, 290, "Insérez votre carte CPS ou saisissez le code reçu", size=15)
    screen.field(483, 330, 400, "Code à 6 chiffres")
    screen.button(483, 430, 400, "Vérifier")
    return screen
