"""Why something was concluded, as a code with its values; the sentence is made from it in any language.

The English templates here are the message ids of the console's catalogues, so that a reason stored
today can be read in French tomorrow. A reason's values may hold text read from a screen: it belongs
to the attempt's evidence and never in a log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

TEMPLATES: Mapping[str, str] = {
    # grounding
    "found": "“{target}” was read with score {score}; the nearest rival is {margin} behind.",
    "found_alone": "“{target}” was read with score {score}; nothing else on the screen resembles it.",
    "found_cache": "The remembered place of “{target}” was checked and still shows it.",
    "found_vlm": "The model proposed a place for “{target}” and the text read there confirms it.",
    "absent": "“{target}” is not on the screen; nothing resembles it.",
    "absent_nearest": "“{target}” is not on the screen; the nearest text is “{nearest}” with score {score}.",
    "low_confidence": "“{nearest}” resembles “{target}” with score {score}, under the limit of {limit}.",
    "ambiguous": "“{target}” fits {count} places on the screen; the best two are {margin} apart, under the "
    "limit of {limit}.",
    "covered": "“{target}” stands behind a window that covers the screen, and cannot be pressed there.",
    "no_field": "The label “{target}” was read, but no input that belongs to it was found.",
    "disabled": "“{target}” was found, but it is drawn as a control that is switched off. Nothing was pressed.",
    "occurrence_missing": "“{target}” was asked for as number {occurrence}, but the screen shows it {count} times.",
    "near_missing": "“{target}” was asked for near “{near}”, but “{near}” is not on the screen.",
    # verification
    "screen_passed": "Every expected text was checked ({count}); the screen is the right one.",
    "screen_missing": "The expected text “{anchor}” is not on the screen.",
    "screen_forbidden": "The text “{anchor}” is on the screen and must not be.",
    "screen_unsure": "“{anchor}” was read as “{read}”, too far from certain.",
    "screen_unspecified": "No text was given to recognise the screen by.",
    "landed": "The press had its effect: the expected screen is there.",
    "unchanged": "Nothing changed on the screen after the press.",
    "error_message": "The screen shows a message after the press: “{notice}”.",
    "another_screen": "The press led to another screen: “{anchor}” is missing.",
    # attempt
    "wrong_patient": "The banner on the screen is not that of the patient of this run; nothing was pressed.",
    "patient_unreadable": "The patient's banner could not be read with certainty; nothing was pressed.",
    "patient_unchecked": "This run is about one patient, but the action does not say where its screen shows whose "
    "record it is; nothing was pressed.",
    "login_refused": "The login page says that the name or the password is wrong; it will not be tried again.",
    "account_locked": "The login page says that the account is locked; a person must unlock it.",
    "session_expired": "The screen says that the session has expired; the robot must log in again.",
    "stopped": "People have stopped the robots of this application; nothing was pressed.",
    "run_taken_over": "A person has taken this run over; nothing was pressed.",
    "run_abandoned": "A person has abandoned this run; nothing was pressed.",
    "asked": "The workflow asks a person here; nothing was pressed: “{question}”",
    "handed_over": "The workflow leaves what came of this step to a person.",
    "step_done": "The step was carried out.",
    "agent_timeout": "The robot did not carry out this step in its time.",
    "agent_interrupted": "The robot was stopped in the middle of this step; look at the screen before going on.",
    "agent_error": "The robot could not carry out this step; its own log says why.",
    "needs_human": "The screen asks for something that only a person may do.",
    "ocr_unavailable": "The text reader {reader} cannot run: {detail}. Nothing was pressed.",
    "ocr_timeout": "The text reader {reader} did not answer in time. Nothing was pressed.",
    "ocr_failed": "The text reader {reader} failed on this screenshot. Nothing was pressed.",
    "ocr_unavailable_after": "The text reader {reader} cannot run: {detail}. The control had been pressed; look at the "
    "screen before going on.",
    "ocr_timeout_after": "The text reader {reader} did not answer in time. The control had been pressed; look at the "
    "screen before going on.",
    "ocr_failed_after": "The text reader {reader} failed on the screenshot after the press; look at the screen before "
    "going on.",
    "vlm_unavailable": "The vision model did not answer ({detail}); the text reader alone found nothing to press.",
    "vlm_invalid": "The vision model's answer could not be used ({detail}); the text reader alone found nothing "
    "to press.",
    "timeout": "The time allowed for this action ({budget} s) ran out. Nothing was pressed.",
    "timeout_after": "The time allowed for this action ({budget} s) ran out after the press; look at the screen before "
    "going on.",
    "changed_before_press": "The screen changed between the check and the press; nothing was pressed.",
    "after_missing": "The screenshot after the press never arrived.",
    "interrupted": "The server stopped while this action was under way. Send it again as a new attempt.",
    "bad_action": "The action cannot be carried out: {detail}.",
    "bad_screenshot": "The screenshot cannot be used: {detail}.",
    "error": "An unexpected fault stopped this action (reference {reference}). Nothing was pressed.",
    "error_after": "An unexpected fault stopped this action after the press (reference {reference}).",
    "ok": "The control was found and may be pressed.",
    "imported": "Brought in from a file, with what that says; no robot of this installation made this attempt.",
}

DETAILS: tuple[str, ...] = (
    "no language data for fra; install tesseract-ocr-fra",
    "tesseract is not installed or may not be run; install tesseract-ocr",
    "tesseract is no longer there; install tesseract-ocr",
    "tesseract may not be run; check its permissions",
    "the program named tesseract does not say its version",
    "tesseract is too old; 4.1 or later is needed",
    "tesseract cannot be started; reinstall tesseract-ocr",
    "tesseract does not start with its language data",
    "the package tesserocr is not installed; run pip install",
    "there is no reader of this name",
    "install it with: pip install 'navconsole[rapidocr]'",
    "its model does not load; install onnxruntime for this machine",
    "it failed several times and is left alone for half a minute",
    "no time was left to ask it",
    "it took longer than allowed",
    "it cannot be reached",
    "the connection to it broke",
    "it sends to another address, which is not followed",
    "it answered with an error",
    "its reply is packed, which was not asked for",
    "its reply is longer than 1 MB",
    "its reply is not a chat completion",
    "its answer is not JSON",
    "it named no single place",
    "its place is not made of numbers",
    "its place is off the picture",
    "its box has no size",
    "its reply could not be stored",
    "no reply of it is recorded for this question",
    "it puts a known mark elsewhere: check RPA_VLM_CONVENTION and RPA_VLM_Y_FIRST",
)
"""What a reason's value `detail` may be: parts of sentences that errors carry, translated like the sentences."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A code of `TEMPLATES` with the values its sentence needs."""

    code: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """The reason as a sentence; `translate` maps an English template to another language's.

        Scores and margins (floats 0..1) are shown in per cent, and a `detail` is translated too.
        """
        shown = {k: f"{v * 100:.0f} %" if isinstance(v, float) else v for k, v in self.values.items()}
        if "detail" in shown:
            shown["detail"] = translate(str(shown["detail"]))
        return translate(TEMPLATES[self.code]).format(**shown)

    def __str__(self) -> str:
        return self.sentence()
