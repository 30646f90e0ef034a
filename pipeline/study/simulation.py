"""specs/simulation.yaml: what the synthetic drop is made of. The simulator reads it as it stands; here is
what may stand where.

Keys in capitals are fields of forms and hold what is written into them; every other key is listed below.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model, model_validator

from pipeline.study.frozen import Cell, Day, Flag, Frozen, Number, Text, Whole
from pipeline.study.located import nearest


def _in_order(span: tuple[int, int]) -> tuple[int, int]:
    if span[1] < span[0]:
        raise ValueError("expected the least and the most, in this order")
    return span


def _of_weight(weights: dict[str, float]) -> dict[str, float]:
    if not sum(weights.values()) > 0:
        raise ValueError("expected at least one weight above 0")
    return weights


def _of_numbers(weights: dict[str, float]) -> dict[str, float]:
    if not all(key.isdecimal() for key in weights):
        raise ValueError("expected whole numbers in quotes as keys")
    return weights


Count = Annotated[Whole, Field(ge=0)]
Span = Annotated[tuple[Whole, Whole], AfterValidator(_in_order)]  # from the least to the most
Chance = Annotated[Number, Field(ge=0, le=1)]
Weights = Annotated[dict[Cell, Annotated[Number, Field(ge=0)]], AfterValidator(_of_weight)]
Texts = tuple[Text, ...]
Cells = dict[Text, Cell]
Counted = Annotated[Weights, AfterValidator(_of_numbers)]


class _Row(Frozen):
    """Keys of its own, and fields of a form in capitals."""

    model_config = ConfigDict(extra="allow")

    __pydantic_extra__: dict[str, Cell]

    @model_validator(mode="before")
    @classmethod
    def of_fields(cls, row: Any) -> Any:
        known = [str(field.alias) for field in cls.model_fields.values()]
        for key in row if isinstance(row, dict) else ():
            if key not in known and not key.isupper():
                raise ValueError(f"{key} is not a key here{nearest(key, known)}")
        return row


def _keys(required: dict[str, Any], optional: dict[str, Any] | None = None, row: bool = False) -> Any:
    """A mapping with these keys; `row`: beside fields of a form."""
    fields: dict[str, Any] = {f"key_{k}": (t, Field(alias=k)) for k, t in required.items()}
    fields |= {f"key_{k}": (t | None, Field(default=None, alias=k)) for k, t in (optional or {}).items()}
    return create_model("Keys", __base__=_Row if row else Frozen, **fields)


def _list(of: Any) -> Any:
    """A list of these."""
    return tuple.__class_getitem__((of, ...))


def _by(of: Any) -> Any:
    """These by a name."""
    return dict.__class_getitem__((Text, of))


_VISITS = dict.fromkeys(("baseline", "ending", "survival", "unscheduled", "running"), Text)
_FAILURE = _keys({"kps": Count}, row=True)
_SCREENING = {"block": Count, "earlier": dict[Text, Whole], "failures": _by(_FAILURE)}
_PERSON = {
    "born": _keys({"from": Day, "days": Count}),
    "constants": Cells,
    "drawn": dict[Text, Weights],
    "menopause": tuple[tuple[Whole, Text], ...],
    "birth_day_unknown": Chance,
    "comments": Weights,
}
_EPISODE = _keys({"days_before": Span, "TERM": Weights, "coding": Cells})
_THEN = {"chance": Chance, "days_after": Span}
_HISTORY = {
    "diagnosis": _EPISODE,
    "relapse": _EPISODE,
    "surgery": _keys({**_THEN, "TERM": Weights}, row=True),
    "radiotherapy": _keys({**_THEN, "lasts": Count, "TERM": Weights}, row=True),
    "drugs": _list(_keys({**_THEN, "lasts": Count}, row=True)),
    "conditions": _list(_keys({"chance": Chance, "medicine": Cell}, row=True)),
    "unknown_day": Chance,
    "unknown_month": Chance,
}
_PATHOLOGY = {
    "three_plus": Chance,
    "constants": Cells,
    "metastasis": Chance,
    "HER2": Cells,
    "percentages": tuple[tuple[Text, Chance], ...],
}
_PRODUCT = _keys(
    {
        "name": Text,
        "form": Text,
        "arms": Texts,
        "visits": Texts,
        "relation": Text,
        "action": Text,
        "clock": Span,
        "minutes": tuple[Whole, Whole],
        "skipped": Chance,
        "reasons": Texts,
    },
    {
        "by_weight": _keys({"planned": Text, "given": Text, "first": Count, "later": Count}),
        "number": Text,
        "amount": _keys({"field": Text, "weights": Weights}),
        "constants": Cells,
        "measured": dict[Text, Span],
        "batch": _keys({"field": Text, "text": Text}),
    },
)
_TREATMENT = {
    **dict.fromkeys(("randomized_after", "scan_after", "dosed_after", "ending_after"), Span),
    "toxicity_stop": Chance,
    "toxicity_text": Text,
    "stop_texts": Cells,
    "never_dosed": Text,
}
_GROWTH = _keys({"shrink": Span, "until": Span, "turn": Span, "grow": Span})
_ORGAN = _keys({"region": Text, "share": Chance}, {"sides": Texts, "node": Flag})
_DISEASE = {
    "kinds": dict[Text, Weights],
    **dict.fromkeys(("response", "stable", "progression"), _GROWTH),
    **dict.fromkeys(("targets", "nontargets"), Counted),
    **dict.fromkeys(("most_lesions", "most_targets", "most_of_one_organ"), Count),
    **dict.fromkeys(("size", "node_size"), Span),
    **dict.fromkeys(("node_floor", "gone_below", "tiny_below"), Count),
    **dict.fromkeys(("decimals", "new_lesion", "nontarget_absent", "nontarget_progression"), Chance),
    "missed": Chance,
    "missed_reasons": Texts,
    "region_missed": Chance,
    "region_reason": Text,
    "split_dates": Chance,
    "confirm": dict[Text, Chance],
    "regions": Texts,
    "method": Weights,
    "image": Text,
    "organs": _by(_ORGAN),
    "nontarget_organs": Weights,
}
_SURVIVAL = {
    "hazard": dict[Text, Count],
    "early_death": Chance,
    "early_days": Span,
    "lost": Chance,
    "withdrawn": Chance,
    "leave_days": Span,
    "lost_after": Count,
    "every": Annotated[Whole, Field(ge=1)],
    "closing": Span,
    "modes": Weights,
    "causes": Weights,
    "cause_texts": Cells,
    "texts": Cells,
}
_THERAPIES = {
    "first": Chance,
    "second": Chance,
    "delay": Span,
    "lasts": Span,
    "list": _list(_keys({}, {"lasts": Span}, row=True)),
}
_CLINIC = {
    "weight": Span,
    "height": Span,
    "missed": Chance,
    "missed_reason": Text,
    "kps": Weights,
    "kps_texts": Cells,
    "signs": dict[Text, Span],
    "temperature": Span,
    "constants": Cells,
}
_TEST = _keys(
    {},
    {
        **dict.fromkeys(("digits", "mean", "spread", "least", "step", "below", "above", "scale"), Whole),
        "at": Text,
        "sum": Texts,
        "ratio": tuple[Text, Text],
        "words": Weights,
        "burden": Flag,
        "below_text": Text,
        "above_text": Text,
        "other": _keys({"divide": Annotated[Number, Field(gt=0)], "digits": Count}, row=True),
    },
    row=True,
)
_LABORATORY = {
    "accession": Text,
    "other_units": Chance,
    "not_done": Chance,
    "not_done_reason": Text,
    "clock": Span,
    "routine": Texts,
    "markers": Texts,
    "markers_until": Count,
    "panels": _by(_keys({}, {"accession": Text, "not_done_reason": Text}, row=True)),
    "schedules": dict[Text, Texts],
    "usual_words": Texts,
    "languages": tuple[Cells, ...],
    "tests": _list(_TEST),
}
_POPULATION = _keys({"percent": Span}, {"boost": dict[Text, Count]}, row=True)
_FLOW = {
    "accession": Text,
    "visits": Texts,
    "clock": Span,
    "lymphocytes": Span,
    "populations": _list(_POPULATION),
}
_EVENT = _keys(
    {"terms": tuple[Cell, ...], "weight": Annotated[Number, Field(ge=0)], "days": Span, "grades": Weights},
    {"given": Text, "medicine": Text},
    row=True,
)
_EVENTS = {
    "number": dict[Text, Counted],
    "after": Count,
    "treated": Chance,
    "serious_from": Text,
    "serious": Chance,
    "not_resolved": Chance,
    "comments": Weights,
    "relations": Weights,
    "interrupted": Chance,
    "stop": Text,
    "terms": _list(_EVENT),
}
_LESION = {"organ": Text}
_OF_LESION = {"label": Text, "side": Text, "first": Count, "event": Text, "from": Text}
_DOSE = {"form": Text, "visit": Text}
_COURSE = {
    "disease": Literal["response", "stable", "progression"],
    "targets": _list(_keys({**_LESION, "sizes": tuple[Whole | Text, ...]}, _OF_LESION)),
    "nontargets": _list(_keys({**_LESION, "states": Texts}, _OF_LESION)),
    "new": _list(_keys({**_LESION, "certainty": Texts}, _OF_LESION)),
    "doses": _list(_keys(_DOSE, {"not_given": Text, "percent": Count, "values": Cells})),
    "mistakes": _list(_keys(_DOSE)),
    "events": _list(_keys({"PT": Text, "day": Whole, "grade": Text}, {"days": Count})),
    "medications": _list(_keys({"medicine": Text, "day": Whole, "days": Count})),
    "claims": dict[Text, Cells],
    **dict.fromkeys(("missed", "unscanned", "visits_missed"), Cells),
    "unscheduled": _keys({"after": Count, "day": Whole}),
    "beyond": Count,
    "unit": Text,
    "other_units": Flag,
    "never": Text,
    "leave": _keys({"kind": Text, "day": Whole}, {"cause": Text}),
    "stop": _keys({"day": Whole, "reason": Text, "text": Cell}),
    "therapy": _keys({"day": Whole}, row=True),
}
_SHOWN = _keys(
    {"oddity": Text, "form": Text, "field": Text},
    {
        "where": Cells,
        "change": Literal["lower", "upper", "trailing", "no day", "no month", "set"],
        "to": Cell,
        "with": Cells,
        "note": Text,
    },
)
_PLANT = _keys(
    {"who": _keys({}, {"arm": Text, "nth": Count, "number": Count}), "show": _list(_SHOWN)},
    {"course": _keys({}, _COURSE)},
)

Simulated: type[BaseModel] = _keys(
    {
        "start": Day,
        "site": Text,
        "subject": Text,
        "spacing_tenths": Count,
        "allocation_block": Annotated[Whole, Field(ge=1)],
        "randomization_number": Text,
        "visits": _keys(_VISITS),
        "screening": _keys(_SCREENING),
        "person": _keys(_PERSON),
        "history": _keys(_HISTORY),
        "pathology": _keys(_PATHOLOGY),
        "products": _list(_PRODUCT),
        "treatment": _keys(_TREATMENT),
        "disease": _keys(_DISEASE),
        "survival": _keys(_SURVIVAL),
        "therapies": _keys(_THERAPIES),
        "clinic": _keys(_CLINIC),
        "laboratory": _keys(_LABORATORY),
        "flow": _keys(_FLOW),
        "events": _keys(_EVENTS),
        "medicines": dict[Text, Cells],
        "deviations": dict[Text, Cells],
        "untidy": dict[Text, Chance],
        "plants": _list(_PLANT),
    }
)
