"""A small patient-record application to practise on: realistic to look at, held in memory, loopback only."""

from navconsole.demo.hospital.app import create_hospital
from navconsole.demo.hospital.server import HospitalServer
from navconsole.demo.hospital.state import Account, HospitalState, Switches

__all__ = ["Account", "HospitalServer", "HospitalState", "Switches", "create_hospital"]
