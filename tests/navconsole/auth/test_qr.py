import re

import cv2
import numpy as np

from navconsole.auth.qr import qr_code

RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\3z")
TEXT = "otpauth://totp/navconsole%3AAnne%20%C3%89luard?secret=GEZDGNBVGY3TQOJQ&issuer=navconsole"


def test_the_drawn_path_is_read_back_by_a_camera() -> None:
    code = qr_code(TEXT)
    drawn = np.full((code.size, code.size), 255, np.uint8)
    runs = RUN.findall(code.path)
    assert "".join(f"M{x} {y}h{n}v1h-{n}z" for x, y, n in runs) == code.path
    for x, y, length in ((int(x), int(y), int(n)) for x, y, n in runs):
        drawn[y, x : x + length] = 0
    enlarged = cv2.resize(drawn, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    assert cv2.QRCodeDetector().detectAndDecode(enlarged)[0] == TEXT


def test_it_stands_within_its_white_border() -> None:
    code = qr_code(TEXT)
    runs = [(int(x), int(y), int(n)) for x, y, n in RUN.findall(code.path)]
    assert min(x for x, _, _ in runs) == min(y for _, y, _ in runs) == 4
    assert max(x + n for x, _, n in runs) == max(y for _, y, _ in runs) + 1 == code.size - 4
