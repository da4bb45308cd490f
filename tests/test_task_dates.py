"""Dates are written as Babel writes them, read back truly, split without overlap, and no reader beats the ceiling."""

import datetime
import json
import re
from collections import Counter, defaultdict
from fractions import Fraction
from typing import NamedTuple

import extract_dates
import pytest
import torch
from babel.dates import format_date
from configurations import sampled
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.tasks import dates
from rnnlib.tasks.dates.writing import fill, form_of
from rnnlib.vocabulary import EOS, PAD, UNK, Vocabulary

FORMS = [(locale, style) for locale in dates.LOCALES for style in dates.STYLES]
SOME_LOCALES = st.lists(st.sampled_from(dates.LOCALES), min_size=1, max_size=6, unique=True)
SOME_STYLES = st.lists(st.sampled_from(dates.STYLES), min_size=1, unique=True)


NUMBERS = [lambda date: date.year, lambda date: date.month, lambda date: date.day, datetime.date.weekday]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


# Writing
def test_the_extract_is_what_the_pinned_babel_says():
    with extract_dates.TARGET.open(encoding="utf-8") as file:
        assert json.load(file) == extract_dates.extract()


def test_running_the_tool_again_changes_nothing(tmp_path, capsys):
    extract_dates.main(tmp_path / "dates.json")
    assert (tmp_path / "dates.json").read_bytes() == extract_dates.TARGET.read_bytes()
    assert extract_dates.TARGET.stat().st_size < 100_000
    assert "27 locales" in capsys.readouterr().out


def test_a_field_of_another_kind_is_refused_by_the_tool():
    with pytest.raises(ValueError, match="the field 'QQQ' of a pattern"):
        extract_dates.names(extract_dates.Locale.parse("de"), "QQQ")


@pytest.mark.parametrize(("locale", "style"), FORMS)
def test_a_date_is_written_as_babel_writes_it(locale, style):
    some_dates = dates.DATES[
        ::83
    ]  # a text depends on year, month, day and weekday one by one: all values are here
    held = [{value(date) for date in some_dates} for value in NUMBERS]
    assert [len(values) for values in held] == [100, 12, 31, 7]
    for date in some_dates:
        assert dates.write(date, locale, style) == format_date(date, style, locale)


def test_the_dates_are_those_of_a_hundred_years_in_order():
    assert dates.DATES[0] == datetime.date(1950, 1, 1)
    assert dates.DATES[-1] == datetime.date(2049, 12, 31)
    assert len(dates.DATES) == 36_525
    assert all((b - a).days == 1 for a, b in zip(dates.DATES, dates.DATES[1:], strict=False))


def test_no_two_months_weekdays_or_years_of_a_form_are_written_alike():
    for locale, style in FORMS:
        for field in form_of(locale, style).fields:
            assert len(set(field.texts)) == len(field.texts)


# Reading: one pass over all that can be written.
class Enumeration(NamedTuple):
    texts: int  # different ones
    ambiguous: set[str]
    readings: dict[str, set[str]]  # of some texts


@pytest.fixture(scope="module")
def enumeration():
    """Every date in every form. Texts with a year of four digits are compared within a year, others over all."""
    wanted = {example.text for example in dates.sample(400, generator=seeded(5))}
    wanted |= {
        f"{a}/{b}/{year:02}" for a in (1, 5, 12) for b in (5, 11, 12, 13) for year in (0, 3, 11, 49, 50)
    }
    readings = {text: set() for text in wanted}
    forms = {form_of(*form) for form in FORMS}
    long_years = {form for form in forms if any(field.texts[0] == "1950" for field in form.fields)}
    texts, ambiguous = 0, set()
    groups = [(forms - long_years, dates.DATES)]
    groups += [(long_years, [d for d in dates.DATES if d.year == year]) for year in range(1950, 2050)]
    for some_forms, some_dates in groups:
        first = {}
        for date in some_dates:
            for form in some_forms:
                text = fill(form, date)
                if first.setdefault(text, date) is not date:
                    ambiguous.add(text)
                if text in readings:
                    readings[text].add(date.isoformat())
        texts += len(first)
        if some_forms is long_years:  # so no two years share a text, nor a text with a year of two digits
            year = [str(some_dates[0].year)]
            assert all(re.findall("[0-9]{3,}", text) == year for text in first)
        else:
            assert not any(re.search("[0-9]{3,}", text) for text in first)
    return Enumeration(texts, ambiguous, readings)


def test_readings_are_exactly_the_dates_that_are_written_so(enumeration):
    assert any(len(found) == 2 for found in enumeration.readings.values())
    for text, found in enumeration.readings.items():
        assert dates.readings(text) == found
        assert dates.is_unambiguous(text) == (len(found) == 1)


def test_the_ceiling_knows_every_ambiguous_text(enumeration):
    assert list(dates.ceiling().ambiguous) == sorted(enumeration.ambiguous)
    assert enumeration.texts > 3_000_000


@given(st.integers(0, 10_000), SOME_LOCALES, SOME_STYLES)
@sampled
def test_the_truth_is_among_the_readings(seed, locales, styles):
    for example in dates.sample(20, locales=locales, styles=styles, generator=seeded(seed)):
        found = dates.readings(example.text, locales, styles)
        assert example.iso in found
        assert found <= dates.readings(example.text)
        assert dates.readings(example.text, [example.locale], [example.style]) == {example.iso}


@pytest.mark.parametrize(
    "text",
    [
        "31. April 2024",
        "Montag, 3. Mai 2024",
        "3. Mai 1949",
        "3. Mai 2050",
        "13/13/24",
        "0/1/24",
        "3. Mai 2024 ",
        "tomorrow",
    ],
)
def test_what_nobody_writes_has_no_reading(text):
    assert dates.readings(text) == set()
    assert not dates.is_unambiguous(text)


def test_a_date_in_figures_has_the_readings_of_those_who_may_have_written_it():
    assert dates.readings("11/10/24") == {"2024-11-10", "2024-10-11"}
    assert dates.readings("11/10/24", ["en_US", "de"]) == {"2024-11-10"}
    assert dates.readings("11/10/24", ["it"]) == {"2024-10-11"}
    assert dates.is_unambiguous("13/10/24")
    assert dates.is_unambiguous("11/11/24")


# The ceiling
def by_definition(locales, styles, some_dates):
    """The best reader's scores, overall and on each locale, from the definition alone."""
    counts = defaultdict(Counter)
    for locale in locales:
        for style in styles:
            for date in some_dates:
                counts[dates.write(date, locale, style)][date] += 1
    most = {text: max(count.values()) for text, count in counts.items()}
    cases = len(styles) * len(some_dates)
    per_locale = dict.fromkeys(locales, Fraction(0))
    for locale in locales:
        for style in styles:
            for date in some_dates:
                text = dates.write(date, locale, style)
                if counts[text][date] == most[text]:
                    per_locale[locale] += Fraction(1, cases * list(counts[text].values()).count(most[text]))
    return Fraction(sum(most.values()), cases * len(locales)), per_locale


@given(st.integers(0, 10_000), SOME_LOCALES, SOME_STYLES, st.booleans())
@sampled
def test_the_ceiling_is_that_of_the_definition(seed, locales, styles, american):
    if american:
        locales = ["en_US", *(locale for locale in locales if locale != "en_US")]
    early = [date for date in dates.DATES if date.day <= 13 and date.year in (2001, 2002, 2013)]
    order = torch.randperm(len(early), generator=seeded(seed))[:120]
    some_dates = [early[index] for index in order.tolist()]
    overall, per_locale = by_definition(locales, styles, some_dates)
    found = dates.ceiling(locales, styles, some_dates)
    assert found.overall == pytest.approx(float(overall))
    assert found.per_locale == pytest.approx({locale: float(score) for locale, score in per_locale.items()})


def test_a_tie_leaves_half_to_each_and_a_majority_takes_all():
    days = [datetime.date(2024, 10, 11), datetime.date(2024, 11, 10)]
    assert dates.ceiling(["en_US", "es"], ["short"], days) == (
        0.5,
        {"en_US": 0.5, "es": 0.5},
        ("10/11/24", "11/10/24"),
    )
    assert dates.ceiling(["en_US", "es", "it"], ["short"], days).per_locale == {"en_US": 0, "es": 1, "it": 1}
    assert dates.ceiling(["en_US", "es"], ["medium"], days) == (1, {"en_US": 1, "es": 1}, ())


def test_only_the_short_form_of_one_locale_stays_below_certainty():
    everything = dates.ceiling()
    assert {locale for locale, score in everything.per_locale.items() if score < 1} == {"en_US"}
    assert everything.overall == pytest.approx(sum(everything.per_locale.values()) / len(dates.LOCALES))
    # 132 pairs of a day and another month, in each of a hundred years, in one of four styles
    assert len(everything.ambiguous) == 13_200
    assert everything.per_locale["en_US"] == pytest.approx(1 - 13_200 / 36_525 / 4)


# Samples and splits
def test_an_example_is_one_date_written_two_ways():
    for example in dates.sample(300, generator=seeded()):
        date = datetime.date.fromisoformat(example.iso)
        assert example.text == dates.write(date, example.locale, example.style)


def test_dates_locales_and_styles_are_drawn_uniformly():
    examples = dates.sample(54_000, generator=seeded())
    counts = Counter((example.locale, example.style) for example in examples)
    assert set(counts) == set(FORMS)
    assert all(abs(count - 500) < 6 * 500**0.5 for count in counts.values())
    years = Counter(example.iso[:4] for example in examples)
    assert all(abs(years[str(year)] - 540) < 6 * 540**0.5 for year in range(1950, 2050))


def test_a_sample_holds_only_what_was_asked_for():
    some_dates = dates.DATES[100:107]
    examples = dates.sample(200, some_dates, ["de", "ja"], ["long"], seeded())
    assert {example.iso for example in examples} == {date.isoformat() for date in some_dates}
    assert {(example.locale, example.style) for example in examples} == {("de", "long"), ("ja", "long")}


@pytest.mark.parametrize("draw", [dates.split, lambda generator: dates.sample(50, generator=generator)])
def test_the_same_generator_draws_the_same_and_leaves_torchs_own_alone(draw):
    before = torch.get_rng_state()
    assert draw(generator=seeded(1)) == draw(generator=seeded(1))
    assert draw(generator=seeded(1)) != draw(generator=seeded(2))
    assert torch.equal(torch.get_rng_state(), before)


@given(st.integers(0, 100), st.integers(1, 18_000), st.integers(1, 18_000))
@sampled
def test_the_parts_of_a_split_share_no_date_and_leave_none_out(seed, validation, test):
    parts = dates.split(validation, test, generator=seeded(seed))
    together = (*parts.train, *parts.validation, *parts.test)
    assert len(together) == len(dates.DATES)
    assert set(together) == set(dates.DATES)
    assert (len(parts.validation), len(parts.test)) == (validation, test)


def test_the_held_out_locales_are_not_trained_on():
    assert dates.split(generator=seeded()).held_out == (dates.HELD_OUT,)
    for held_out in ("hr", ["ja", "hr"]):
        parts = dates.split(held_out=held_out, generator=seeded())
        assert not set(parts.locales) & set(parts.held_out)
        assert {*parts.locales, *parts.held_out} == set(dates.LOCALES)


# Batches
SOURCES = Vocabulary.from_texts(dates.write(date, *form) for form in FORMS for date in dates.DATES[:366])
TARGETS = Vocabulary("-0123456789")


@given(st.integers(0, 1000), st.integers(1, 9))
@sampled
def test_a_batch_decodes_to_its_examples_and_holds_padding_behind_the_lengths(seed, count):
    examples = dates.sample(count, generator=seeded(seed))
    batch = dates.collate(examples, SOURCES, TARGETS)
    assert all(tensor.dtype == torch.int64 for tensor in batch)
    assert batch.source.shape == (max(len(example.text) for example in examples), count)
    assert batch.target.shape == (11, count)
    for n, example in enumerate(examples):
        length = int(batch.source_lengths[n])
        assert length == len(example.text)
        assert SOURCES.decode(batch.source[:length, n]) == example.text
        assert (batch.source[length:, n] == PAD).all()
        assert TARGETS.decode(batch.target[:, n]) == example.iso
        assert batch.target[int(batch.target_lengths[n]) - 1, n] == EOS


def test_targets_of_unequal_length_are_padded_behind_their_eos():
    examples = [dates.Example("abc", "1-2", "de", "long"), dates.Example("a?", "1", "de", "long")]
    batch = dates.collate(examples, Vocabulary("abc"), TARGETS)
    assert batch.source.tolist() == [[4, 4], [5, UNK], [6, PAD]]
    assert batch.target.tolist() == [[6, 6], [4, EOS], [7, PAD], [EOS, PAD]]
    assert batch.source_lengths.tolist() == [3, 2]
    assert batch.target_lengths.tolist() == [4, 2]


def test_patterns_and_names_are_those_of_the_extract():
    assert dates.pattern("es", "long") == "d 'de' MMMM 'de' y"
    assert dates.locale_name("pt") == "Portuguese"


DAY = datetime.date(2024, 5, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: dates.write("2024-05-03", "de", "long"),
            TypeError,
            "date must be a datetime.date, got '2024",
        ),
        (
            lambda: dates.write(datetime.datetime(2024, 5, 3), "de", "long"),
            TypeError,
            "date must be a datetime.date",
        ),
        (
            lambda: dates.write(datetime.date(1949, 12, 31), "de", "long"),
            ValueError,
            "from 1950 to 2049, got 1949-12",
        ),
        (
            lambda: dates.write(datetime.date(2050, 1, 1), "de", "long"),
            ValueError,
            "date must be .*, got 2050-01-01",
        ),
        (lambda: dates.write(DAY, "xx", "long"), ValueError, "locale must be among en_US, .*, got 'xx'"),
        (lambda: dates.write(DAY, "de", "tiny"), ValueError, "style must be among short, .*, got 'tiny'"),
        (lambda: dates.locale_name("xx"), ValueError, "locale must be among"),
        (
            lambda: dates.readings(""),
            ValueError,
            "text must have at least one character, got an empty string",
        ),
        (lambda: dates.readings(DAY), TypeError, "text must be a string, got datetime.date"),
        (lambda: dates.readings("x", "de"), TypeError, "locales must be a list or a tuple of str, got 'de'"),
        (
            lambda: dates.readings("x", {"de"}),
            TypeError,
            "locales must be a list or a tuple of str, got {'de'}",
        ),
        (lambda: dates.is_unambiguous("x", [], ["long"]), ValueError, "locales must have at least one entry"),
        (lambda: dates.ceiling(["de", "de"]), ValueError, "locales must be different from each other"),
        (lambda: dates.ceiling(styles=["tiny"]), ValueError, "styles must be among .*, got 'tiny'"),
        (lambda: dates.ceiling(dates=[]), ValueError, "dates must have at least one entry, got none"),
        (lambda: dates.ceiling(dates=["2024-05-03"]), TypeError, "dates must be a datetime.date, got '2024"),
        (lambda: dates.sample(0), ValueError, "count must be at least 1, got 0"),
        (lambda: dates.sample(2.0), TypeError, "count must be an int, got 2.0"),
        (lambda: dates.sample(1, []), ValueError, "dates must have at least one entry, got none"),
        (lambda: dates.sample(1, ["2024-05-03"]), TypeError, "dates must be a datetime.date, got '2024"),
        (lambda: dates.sample(1, locales=["xx"]), ValueError, "locales must be among .*, got 'xx'"),
        (lambda: dates.split(0), ValueError, "validation must be at least 1, got 0"),
        (lambda: dates.split(test=0), ValueError, "test must be at least 1, got 0"),
        (
            lambda: dates.split(36_000, 525),
            ValueError,
            r"must leave some of the 36525 dates, got 36000 \+ 525",
        ),
        (lambda: dates.split(held_out="xx"), ValueError, "held_out must be among .*, got 'xx'"),
        (lambda: dates.split(held_out=dates.LOCALES), ValueError, "held_out must leave at least one locale"),
        (lambda: dates.collate([], SOURCES, TARGETS), ValueError, "examples must have at least one entry"),
        (
            lambda: dates.collate([dates.Example("", "1", "de", "long")], SOURCES, TARGETS),
            ValueError,
            "text must have at least one character",
        ),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()
