"""The walk: performs the story's scenarios at the hospital and tells what came of each attempt. Small on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from navconsole.demo.hospital import HospitalServer
from navconsole.demo.hospital.data import Patient
from navconsole.demo.scenarios import APPLICATION, Scenario, Step
from navigation.agents.agent import Agent, Performed
from navigation.client import PatientIdentity
from navigation.types import Outcome

AGENT_NAME = "demo-browser"


class Opener(Protocol):
    def open(self, address: str) -> None: ...


class Runs(Protocol):
    """The part of `NavigateClient` that opens runs."""

    def create_run(
        self, application: str, workflow: str, agent: str, *, patient: PatientIdentity | None = None
    ) -> str: ...


@dataclass(frozen=True, slots=True)
class Walked:
    """One attempt of the walk: what the story expected and what came."""

    scenario: str
    number: int
    target: str
    expected: Outcome
    outcome: Outcome | None
    was_pressed: bool

    @property
    def is_as_told(self) -> bool:
        return self.outcome is self.expected


def count_steps(scenarios: Sequence[Scenario]) -> int:
    return sum(len(scenario.steps) for scenario in scenarios)


def walk(
    hospital: HospitalServer,
    browser: Opener,
    agent: Agent,
    runs: Runs,
    scenarios: Sequence[Scenario],
    *,
    on_attempt: Callable[[Walked], None] = lambda _walked: None,
) -> list[Walked]:
    """Perform every scenario, each until its first outcome that is not ok, as a robot would.

    Raises AgentError and ClientError when the browser or the server is gone.
    """
    walked: list[Walked] = []
    for scenario in scenarios:
        hospital.state.switches = scenario.switches
        browser.open(hospital.url + scenario.start)
        for attempt in _performed(hospital, agent, runs, scenario):
            walked.append(attempt)
            on_attempt(attempt)
    return walked


def _performed(hospital: HospitalServer, agent: Agent, runs: Runs, scenario: Scenario) -> Iterator[Walked]:
    run_id = runs.create_run(APPLICATION, scenario.name, AGENT_NAME, patient=identity_of(scenario.patient))
    for number, step in enumerate(scenario.steps, start=1):
        if step.event == "sessions_expire":
            hospital.state.expire_sessions()
        performed = agent.perform(run_id, step.instruction)
        yield _told(scenario, number, step, performed)
        if performed.answer.outcome is not Outcome.OK:
            return


def _told(scenario: Scenario, number: int, step: Step, performed: Performed) -> Walked:
    return Walked(
        scenario.name,
        number,
        step.instruction.target.text,
        step.expected,
        performed.answer.outcome,
        was_pressed=performed.was_pressed,
    )


def identity_of(patient: Patient | None) -> PatientIdentity | None:
    if patient is None:
        return None
    return PatientIdentity(patient.ipp, patient.family_name, patient.given_name, patient.birth_date)
