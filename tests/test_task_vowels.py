"""The recordings are those that their source describes, and nobody can spoil them for the next reader."""

from __future__ import annotations

from collections import Counter

import torch

from rnnlib.tasks import vowels


def test_there_are_270_for_training_and_370_for_testing_as_the_source_says():
    heard, asked = vowels.training(), vowels.test()
    assert (len(heard), len(asked)) == (270, 370)
    assert vowels.SPEAKERS == 9
    assert Counter(speaker for _, speaker in heard) == dict.fromkeys(range(9), 30)
    assert [Counter(s for _, s in asked)[n] for n in range(9)] == [31, 35, 88, 44, 29, 24, 40, 50, 29]


def test_lengths_are_from_7_to_29_and_a_frame_has_12_coefficients():
    lengths = [len(frames) for frames, _ in vowels.training() + vowels.test()]
    assert (min(lengths), max(lengths), sum(lengths)) == (7, 29, 9961)
    for frames, _ in vowels.training() + vowels.test():
        assert frames.shape[1] == vowels.COEFFICIENTS
        assert frames.dtype == torch.float32
        assert frames.isfinite().all()


def test_the_first_frame_is_the_sources_to_a_255th_of_each_coefficients_range():
    frames, speaker = vowels.training()[0]
    assert (frames.shape, speaker) == ((20, 12), 0)
    source = [1.860936, 1.891651, 1.939205, 1.717517]  # of the first coefficient, in the source's file
    assert (frames[:4, 0] - torch.tensor(source)).abs().max() < (2.21 + 0.79) / 255 / 2 + 1e-4


def test_the_two_parts_share_no_recording():
    heard, asked = (
        {tuple(x.flatten().tolist()) for x, _ in part} for part in (vowels.training(), vowels.test())
    )
    assert heard.isdisjoint(asked)


def test_changing_what_was_given_changes_nothing_for_the_next_call():
    vowels.training()[0][0].zero_()
    assert vowels.training()[0][0].abs().max() > 1
