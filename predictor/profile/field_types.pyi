"""The fields of a profile for editors and type checkers: made by `predictor schema types`."""

# ruff: noqa: E501
# fmt: off
from typing import Literal, TypedDict

class ProfileFields(TypedDict, total=False):
    age: Literal["under_3y", "3_to_6y", "over_6y", "adult", "younger", "older"] | str | None
    age_years: float | str | None
    age_months: float | str | None
    severity: Literal["mild", "moderate", "severe"] | str | None
    gmfm88: float | str | None
    gmfcs: Literal["I", "II", "III", "IV", "V"] | str | None
    timing: Literal["within_6mo", "later", "acute", "subacute_other", "subacute", "chronic"] | str | None
    months_since_injury: float | str | None
    days_since_injury: float | str | None
    years_since_injury: float | str | None
    cell_type: Literal["msc", "nsc_npc", "ucb_unit", "mnc", "oec", "other", "mapc", "cd34", "epc", "ipsc"] | str | None
    cell_source: Literal["umbilical_cord", "cord_blood", "bone_marrow", "fetal_neural", "adipose", "peripheral_blood", "placenta"] | str | None
    route: Literal["intrathecal", "intravenous", "intranasal", "intraventricular", "intracerebral", "intraarterial", "combined"] | str | None
    infusions: int | str | None
    injury_pattern: Literal["unspecified", "white_matter_spastic", "neuronal_loss_hie"] | str | None
    immune_state: Literal["immunocompetent", "immunosuppressed"] | str | None
    inflammation: Literal["high", "low"] | str | None
    co_therapy: Literal["none", "short_immunosuppression", "combination"] | str | None
    genotype: Literal["not_tested", "regeneration_variant"] | str | None
    horizon: Literal["short", "long"] | str | None
    horizon_months: float | str | None
    nihss: int | str | None
    days_since_onset: float | str | None
    hours_since_onset: float | str | None
    months_since_onset: float | str | None
    donor: Literal["autologous", "allogeneic"] | str | None
    infarct_size: Literal["small", "large"] | str | None
    vascular_comorbidity: Literal["none", "atherosclerosis"] | str | None
