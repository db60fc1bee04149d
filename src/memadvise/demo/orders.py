"""Made-up orders of a web shop, a block of rows at a time, as the bytes of a CSV file.

They have what real files have: few names that come again and again, more and more of some of them over the years,
values that are missing, dates as text, free text with commas and quotes in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Draw = np.random.Generator

HEADER = (
    "order_id,order_date,customer_id,email,country,product,quantity,amount,discount,payment,status,coupon,rating,gift,"
    "channel,note"
)
FIRST_DAY = date(2023, 1, 1)
DAYS = 3 * 365
ORDERS_PER_CUSTOMER = 12
_ROW_BYTES_AT_A_MILLION = 153.6  # measured
_GOLDEN = (math.sqrt(5) - 1) / 2

COUNTRIES = {
    "DE": 24, "FR": 16, "IT": 12, "ES": 10, "NL": 7, "PL": 6, "AT": 5, "BE": 4, "PT": 3, "CH": 3, "SE": 2, "DK": 2,
    "FI": 1, "IE": 1, "GR": 1, "CZ": 1, "HU": 0.5, "RO": 0.5, "SK": 0.3, "LU": 0.2,
}  # fmt: skip
KINDS = (
    "kettle", "lamp", "chair", "desk", "blanket", "mug", "backpack", "bottle", "notebook", "pen", "clock", "mirror",
    "pillow", "tray", "basket", "speaker", "charger", "jacket", "candle", "planter",
)  # fmt: skip
LOOKS = ("Oak", "Steel", "Linen", "Glass", "Cotton", "Marble", "Bamboo", "Wool", "Copper", "Clay")
PAYMENTS = {"card": 55, "paypal": 22, "invoice": 12, "bank transfer": 8, "gift card": 3}
STATES = {"delivered": 86, "shipped": 5, "returned": 6, "cancelled": 2, "open": 1}
CHANNELS = {"web": 52, "app": 33, "marketplace": 11, "phone": 2, "store": 2}
COUPONS = {"WELCOME10": 45, "SUMMER": 25, "FRIENDS": 20, "SORRY5": 10}
MAILS = {"example.com": 60, "example.org": 25, "example.net": 15}
PHRASES = (
    "Please leave it with the neighbour",
    "ring twice",
    "the last one arrived broken, sadly",
    "it is a present",
    "no hurry",
    'a card saying ""Happy birthday"", please',
    "call before delivery",
    "second floor, left",
    "very happy with the colour",
    "the box was too large",
    "can I still change the address?",
    "same as last time",
    "works well",
    "not before Monday, we are away",
    "the screws were missing",
    "thank you",
)


@dataclass(frozen=True)
class Block:
    """Rows ``first`` to ``first + count`` of ``total`` (counted from 0)."""

    first: int
    count: int
    total: int


def rows_for(size_bytes: int) -> int:
    """Return how many rows make a file of about that size: a row is longer where numbers have more digits."""
    guess = size_bytes / _ROW_BYTES_AT_A_MILLION
    row_bytes = _ROW_BYTES_AT_A_MILLION + 3 * math.log10(guess / 1e6)  # order, customer, and the customer's e-mail
    return round(size_bytes / row_bytes)


def block_bytes(block: Block, seed: int) -> memoryview:
    """Return the lines of a block, the last one's line end included; the same for the same block and seed."""
    draw = np.random.default_rng([seed, block.first])
    fields = _fields(block, draw)
    lines = pc.binary_join_element_wise(*fields, ",", null_handling="replace", null_replacement="")
    buffer = lines.buffers()[2]
    return memoryview(buffer)[: buffer.size]


def _fields(block: Block, draw: Draw) -> Iterable[Any]:
    """Return the columns as texts, in the header's order; a missing value is a null."""
    count = block.count
    rows = np.arange(block.first, block.first + count)
    passed = rows / block.total  # 0 at the first order, nearly 1 at the last
    customers = _customers(draw, block)
    quantity = 1 + np.minimum(draw.geometric(0.7, count) - 1, 11)
    product = np.minimum(draw.exponential(28 + 30 * passed), len(_products()) - 1).astype(np.int64)
    cents = quantity * (350 + 61 * product) + draw.integers(0, 100, count)
    return (
        _text(_order_ids(rows, block.total)),
        _dates(draw, passed),
        _text(customers),
        _joined("user", _text(customers), "@", _named(MAILS, customers * 7919 % 100 / 100)),
        _missing(_countries(draw, passed), draw, 0.02),
        pa.array(_products()).take(pa.array(product)),
        _text(quantity),
        _missing(_money(cents), draw, 0.03),
        pa.array(["0.0", "0.05", "0.1", "0.25"]).take(pa.array(draw.choice(4, count, p=[0.7, 0.15, 0.1, 0.05]))),
        _named(PAYMENTS, draw.random(count)),
        _named(STATES, draw.random(count)),
        _missing(_named(COUPONS, draw.random(count)), draw, 0.93),
        _missing(_named({"5": 48, "4": 27, "3": 12, "2": 6, "1": 7}, draw.random(count)), draw, 0.6),
        _named({"False": 93, "True": 7}, draw.random(count)),
        _named(CHANNELS, draw.random(count)),
        _notes(draw, passed),
    )


@cache
def _products() -> tuple[str, ...]:
    return tuple(f"{look} {kind}" for kind in KINDS for look in LOOKS)


def _order_ids(rows: Any, total: int) -> Any:
    """Number the rows 1 to ``total`` out of order, without a list of all of them: steps of a golden section."""
    step = max(int(total * _GOLDEN), 1)
    while math.gcd(step, total) > 1:
        step += 1
    return (rows * step + total // 3) % total + 1


def _customers(draw: Draw, block: Block) -> Any:
    """Return customers' numbers from 1; the lower, the oftener they order."""
    customers = max(block.total // ORDERS_PER_CUSTOMER, 50)
    return (customers * draw.random(block.count) ** 2).astype(np.int64) + 1


def _dates(draw: Draw, passed: Any) -> Any:
    """Return days as ISO text: more orders a day as time goes by, nearly in order."""
    days = np.minimum((DAYS - 3) * passed**0.7 + draw.integers(0, 3, len(passed)), DAYS - 1).astype(np.int64)
    return pa.array(_days()).take(pa.array(days))


@cache
def _days() -> tuple[str, ...]:
    return tuple((FIRST_DAY + timedelta(days=day)).isoformat() for day in range(DAYS))


def _countries(draw: Draw, passed: Any) -> Any:
    """Return countries: at the end a third of the orders come evenly from everywhere, at the start none."""
    early = _codes(list(COUNTRIES.values()), draw.random(len(passed)))
    late = draw.integers(0, len(COUNTRIES), len(passed))
    codes = np.where(draw.random(len(passed)) < passed / 3, late, early)
    return pa.array(list(COUNTRIES)).take(pa.array(codes))


def _notes(draw: Draw, passed: Any) -> Any:
    """Return free text in quotes with the line end behind it: longer over the years, missing in a third of the rows."""
    lengths = 1 + (draw.random(len(passed)) * (2 + 4 * passed)).astype(np.int64)
    phrases, codes = pa.array(PHRASES), draw.integers(0, len(PHRASES), (int(lengths.max()), len(passed)))
    parts = [phrases.take(pa.array(code, mask=lengths <= place)) for place, code in enumerate(codes)]
    text = pc.binary_join_element_wise(*parts, "; ", null_handling="skip")
    tickets = _text(draw.integers(100_000, 1_000_000, len(passed)))
    quoted = _joined('"Ticket ', tickets, ": ", text, '"\n')
    return pc.if_else(pa.array(draw.random(len(passed)) < 1 / 3), "\n", quoted)


def _named(shares: Mapping[str, float], drawn: Any) -> Any:
    """Return names by their shares; ``drawn`` are numbers from 0 to 1."""
    return pa.array(list(shares)).take(pa.array(_codes(list(shares.values()), drawn)))


def _codes(shares: Sequence[float], drawn: Any) -> Any:
    bounds = np.cumsum(shares) / sum(shares)
    bounds[-1] = 1.0
    return np.searchsorted(bounds, drawn, side="right")


def _missing(values: Any, draw: Draw, share: float) -> Any:
    """Return the texts with a share of them missing."""
    return pc.if_else(pa.array(draw.random(len(values)) < share), pa.scalar(None, pa.string()), values)


def _money(cents: Any) -> Any:
    two_digits = pa.array([f"{number:02}" for number in range(100)])
    return _joined(_text(cents // 100), ".", two_digits.take(pa.array(cents % 100)))


def _text(numbers: Any) -> Any:
    return pc.cast(pa.array(numbers), pa.string())


def _joined(*parts: Any) -> Any:
    return pc.binary_join_element_wise(*parts, "")
