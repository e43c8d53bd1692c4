"""``check --files``: the files that a policy names exist where the policy is used."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import run


def write(folder: Path, *, icon: str = "web.svg") -> Path:
    """Write a policy with two kernels and a card; only one kernel exists."""
    good = folder / "good" / "kernels" / "class1234"
    good.mkdir(parents=True)
    (good / "kernel.json").write_text('{"argv": ["python"], "display_name": "Class"}')
    path = folder / "policy.yaml"
    path.write_text(
        "version: 1\n"
        "kernels:\n"
        f"  Class1234: {folder / 'good'}\n"
        f"  Gone: {folder / 'gone'}\n"
        "cards:\n"
        f"  - {{id: web, service: web, icon: {icon}}}\n"
    )
    return path


def found(path: Path) -> list[tuple[str, int, int, str]]:
    """Return code, line, column and path of each error of a file."""
    done = run("check", "--files", "--format", "json", path)
    errors = json.loads(done.stdout)["errors"]
    assert done.returncode == (1 if errors else 0)
    return [(entry["code"], entry["line"], entry["column"], entry["path"]) for entry in errors]


def test_missing_kernels_and_icons_are_errors(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert found(path) == [
        ("no-kernel", 4, 9, "kernels.Gone"),
        ("no-icon", 6, 35, "cards[0].icon"),
    ]
    assert run("check", path).returncode == 0
    text = run("check", "--files", path).stdout.decode()
    assert f"{tmp_path}/gone/kernels/Gone/kernel.json cannot be read: No such file" in text
    assert "  6 |   - {id: web, service: web, icon: web.svg}\n" in text
    assert f"    | {' ' * 34}{'^' * len('web.svg')}\n" in text
    assert f"There is no image {tmp_path}/web.svg." in text
    assert "Put the image next to the policy file" in text


def test_files_that_exist_are_no_errors(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / "web.svg").write_text("<svg/>")
    kernel = tmp_path / "gone" / "kernels" / "gone"
    kernel.mkdir(parents=True)
    assert [entry[0] for entry in found(path)] == ["no-kernel"]
    (kernel / "kernel.json").write_text("{")
    assert [entry[0] for entry in found(path)] == ["bad-kernel"]
    (kernel / "kernel.json").write_text('{"argv": []}')
    assert found(path) == []
    (tmp_path / "web.svg").write_bytes(b"x" * (256 * 1024 + 1))
    assert [entry[0] for entry in found(path)] == ["big-icon"]


def test_icons_that_are_no_files_are_not_looked_for(tmp_path: Path) -> None:
    path = write(tmp_path, icon="/services/web/icon.svg")
    assert [entry[0] for entry in found(path)] == ["no-kernel"]


def test_a_policy_with_errors_is_not_looked_at_further(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(path.read_text() + "rulez: []\n")
    assert [entry[0] for entry in found(path)] == ["SL101"]
