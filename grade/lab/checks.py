"""A lab's checks as pytest sees them; run by grader.py, which chooses the lab and shows the results."""
import pytest


def pytest_generate_tests(metafunc):
    if "check" in metafunc.fixturenames:
        checks = metafunc.config.stash[metafunc.config.grading].checks
        metafunc.parametrize("check", checks, ids=[c.target for c in checks])


def test_check(check, request):
    grading = request.config.stash[request.config.grading]
    verdict = grading.verdict(check)
    if not verdict.ok:
        pytest.fail(f"{verdict.kind}: {verdict.sentence}", pytrace=False)
