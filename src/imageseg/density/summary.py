"""One table of densities in a few numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from imageseg.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd

_NO_GROUP = "other"
_NO_QUANTITY = {"pixels", "slice", "time"}  # they count, they do not measure


def summarise(table: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    r"""Summarise every numeric column: mean, SD, SE, n.

    Images are the replicates: several rows of one, as its plots or time points, are
    averaged first, because they are not independent. Only the groups of
    ``by="image"`` show how the rows of an image differ.

    Parameters
    ----------
    table
        As `density_table` returns it.
    by
        Groups: ``"folder"`` of the image; a column of the table, as ``"region"``;
        or a regular expression found in the image's name, whose first bracket, or
        whole match, names the group (``"plot(\d+)"``). None takes all rows.

    Returns
    -------
    summary
        One row a group and column: ``group`` (if asked for), ``quantity``,
        ``mean``, ``sd`` (of a sample, n - 1), ``se`` of the mean, ``n`` images, and
        ``left_out``: images without that number, as those that failed.

    Raises
    ------
    SettingsError
        No name contains the expression, or it is none.
    """
    import pandas as pd  # noqa: PLC0415  heavy

    groups = [("", table)] if by is None else _groups(table, by)
    if by != "image":
        groups = [(name, _of_images(rows)) for name, rows in groups]
    rows = [
        {"group": name} | _numbers(column, values[column])
        for name, values in groups
        for column in _numeric(table)
    ]
    columns = ["group", "quantity", "mean", "sd", "se", "n", "left_out"]
    summary = pd.DataFrame(rows, columns=columns)
    return summary.drop(columns="group") if by is None else summary


def _numeric(table: pd.DataFrame) -> list[str]:
    found = table.dropna(axis="columns", how="all").select_dtypes("number")
    return [str(c) for c in found if c not in _NO_QUANTITY]


def _of_images(table: pd.DataFrame) -> pd.DataFrame:
    return table.groupby("image", sort=False).mean(numeric_only=True)


def _numbers(name: str, values: pd.Series) -> dict[str, object]:
    numbers = values.dropna().astype(float)
    n = len(numbers)
    sd = numbers.std(ddof=1)
    return {
        "quantity": name,
        "mean": numbers.mean(),
        "sd": sd,
        "se": sd / n**0.5 if n else float("nan"),
        "n": n,
        "left_out": len(values) - n,
    }


def _groups(table: pd.DataFrame, by: str) -> list[tuple[str, pd.DataFrame]]:
    keys = _keys(table, by)
    return [(str(name), rows) for name, rows in table.groupby(keys, sort=False)]


def _keys(table: pd.DataFrame, by: str) -> pd.Series:
    if by in table:
        return table[by].fillna(_NO_GROUP)
    import pandas as pd  # noqa: PLC0415  heavy

    paths = [Path(str(image)) for image in table["image"]]
    if by == "folder":
        names = [str(path.parent) for path in paths]
    else:
        names = _matches([path.name for path in paths], by)
    return pd.Series(names, index=table.index)


def _matches(names: list[str], expression: str) -> list[str]:
    try:
        found = [re.search(expression, name) for name in names]
    except re.error as error:
        text = f"folder, a column or a regular expression ({error})"
        raise SettingsError("groups", expression, text) from error
    if not any(found):
        raise SettingsError("groups", expression, "found in the name of an image")
    return [m[m.re.groups and 1] or _NO_GROUP if m else _NO_GROUP for m in found]
