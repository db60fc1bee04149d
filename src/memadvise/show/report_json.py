"""The JSON report: the contract that `schema.json` writes down. Bytes are integers; no NaN, no infinity."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from importlib import resources
from typing import Any

from memadvise.model import (
    Applied,
    CellReport,
    Edit,
    LineUse,
    MachineEvidence,
    Measurement,
    Recommendation,
    Report,
    VariableUse,
    Verification,
)

Json = dict[str, Any]


def schema() -> Json:
    """Return the JSON Schema of the report."""
    loaded: Json = json.loads(resources.files(__package__).joinpath("schema.json").read_text("utf-8"))
    return loaded


def to_json(report: Report) -> Json:
    """Return the report of a run."""
    return {
        "schema": 1,
        "memadvise": report.version,
        "machine": _machine(report.machine),
        "cells": [cell_to_json(cell) for cell in report.cells],
    }


def cell_to_json(report: CellReport) -> Json:
    """Return the report of one cell; recommendations stand in the order of their numbers."""
    error = report.error
    return {
        "index": report.index,
        "cell_id": report.cell_id,
        "name": report.name,
        "source": report.source,
        "status": report.status,
        "error": None if error is None else {"type": error.type, "message": error.message},
        "measurement": _measurement(report.measurement),
        "recommendations": [_recommendation(card) for card in sorted(report.recommendations, key=lambda c: c.number)],
        "applied": None if report.applied is None else _applied(report.applied),
        "tried": [_applied(tried) for tried in report.tried],
        "held_back": [
            {"rule": item.rule, "cell_id": item.cell_id, "index": item.index, "reason": item.reason}
            for item in report.held_back
        ],
    }


def _machine(machine: MachineEvidence) -> Json:
    return {
        "total_bytes": int(machine.total_bytes),
        "limit_bytes": int(machine.limit_bytes),
        "limit_source": machine.limit_source,
        "available_bytes": int(machine.available_bytes),
    }


def _measurement(measured: Measurement) -> Json:
    return {
        "start_bytes": int(measured.start_bytes),
        "peak_bytes": int(measured.peak_bytes),
        "end_bytes": int(measured.end_bytes),
        "increment_bytes": int(measured.increment_bytes),
        "retained_bytes": int(measured.retained_bytes),
        "anonymous_peak_bytes": _whole(measured.anonymous_peak_bytes),
        "allocated_bytes": _whole(measured.allocated_bytes),
        "method": measured.method,
        "error_bound_bytes": int(measured.error_bound_bytes),
        "wall_s": _finite(measured.wall_s) or 0.0,
        "overhead_s": _finite(measured.overhead_s) or 0.0,
        "children_peak_bytes": int(measured.children_peak_bytes),
        "samples": [[float(t), int(rss)] for t, rss in measured.samples if math.isfinite(t) and math.isfinite(rss)],
        **_uses(measured),
    }


def _uses(measured: Measurement) -> Json:
    """Return where the memory went: by line, variable, library, and over time."""
    return {
        "lines": [_line(use) for use in measured.lines],
        "variables": [_variable(use) for use in measured.variables],
        "allocators": [_ints(asdict(use)) for use in measured.allocators],
        "imports": [
            {"name": use.name, "retained_bytes": int(use.retained_bytes), "wall_s": _finite(use.wall_s) or 0.0}
            for use in measured.imports
        ],
        "children": _points(measured.children),
        "marks": _points(measured.marks),
        "notes": list(measured.notes),
    }


def _line(use: LineUse) -> Json:
    return {
        "line": int(use.line),
        "peak_bytes": int(use.peak_bytes),
        "increment_bytes": int(use.increment_bytes),
        "retained_bytes": int(use.retained_bytes),
        "hits": int(use.hits),
        "sampled": bool(use.sampled),
        "calls": [{**_ints(asdict(call)), "sampled": bool(call.sampled)} for call in use.calls],
    }


def _variable(use: VariableUse) -> Json:
    return {
        "name": use.name,
        "type": use.type,
        "nbytes": int(use.nbytes),
        "change_bytes": int(use.change_bytes),
        "state": use.state,
        "error_bytes": int(use.error_bytes),
        "device_bytes": int(use.device_bytes),
        "columns": [[name, int(nbytes)] for name, nbytes in use.columns],
    }


def _ints(fields: Json) -> Json:
    """Return the fields with numbers as plain ints: a numpy integer is not JSON."""
    return {name: value if value is None or isinstance(value, str) else int(value) for name, value in fields.items()}


def _points(points: tuple[tuple[float, int], ...]) -> list[list[float | int]]:
    return [[float(at_s), int(value)] for at_s, value in points if math.isfinite(at_s)]


def _recommendation(card: Recommendation) -> Json:
    peak, costs = card.predicted_peak, card.costs
    return {
        "number": int(card.number),
        "rule": card.rule,
        "technique": card.technique.value,
        "title": card.title,
        "why": card.why,
        "result": card.result.value,
        "predicted_peak": {
            "low_bytes": int(peak.low_bytes),
            "likely_bytes": int(peak.likely_bytes),
            "high_bytes": int(peak.high_bytes),
            "basis": peak.basis,
        },
        "costs": {
            "wall_s": _finite(costs.wall_s),
            "disk_bytes": _whole(costs.disk_bytes),
            "usd_per_hour": _finite(costs.usd_per_hour),
        },
        "edits": [_edit(edit) for edit in card.edits],
    }


def _edit(edit: Edit) -> Json:
    """Return an edit; one that puts in a new cell says so, as its cell is not there to be replaced."""
    written: Json = {"cell_id": edit.cell_id, "index": int(edit.index), "before": edit.before, "after": edit.after}
    return {**written, "insert": True} if edit.insert else written


def _applied(applied: Applied) -> Json:
    return {
        "number": int(applied.number),
        "rule": applied.rule,
        "edits": [_edit(edit) for edit in applied.edits],
        "before": _measurement(applied.before),
        "measurement": _measurement(applied.measurement),
        "speed_ratio": _finite(applied.speed_ratio),
        "verification": _verification(applied.verification),
    }


def _verification(verification: Verification) -> Json:
    return {
        "equal": bool(verification.equal),
        "class": verification.result.value,
        "compared": list(verification.compared),
        "not_compared": list(verification.not_compared),
        "differences": [{"name": item.name, "found": item.found} for item in verification.differences],
    }


def _whole(number: int | None) -> int | None:
    return None if number is None else int(number)


def _finite(number: float | None) -> float | None:
    """Return a float that JSON can hold; what is not finite is not known."""
    return None if number is None or not math.isfinite(number) else float(number)
