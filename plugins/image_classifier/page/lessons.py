"""The lessons, in the order in which they stand: each is a section of its own, run on demand."""

from __future__ import annotations

from . import lessons_faults, lessons_more, lessons_quality, lessons_unsure, lessons_ways

LESSONS = {
    "Do I need more photos?": lessons_more.build_section,
    "What does pre-training buy?": lessons_ways.build_section,
    "When is it unsure?": lessons_unsure.build_section,
    "How good is it?": lessons_quality.build_section,
    "What a tutorial gets wrong": lessons_faults.build_section,
}
"""What lays out a lesson, by its title; each takes the demo and the lesson's tab."""
