"""What the README promises about settings is what the settings are."""

from pathlib import Path

from cartera.settings import VARIABLES

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_table_of_settings_is_the_list_of_variables() -> None:
    section = README.read_text("utf-8").partition("## Configuration")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{each.name}`{' *' * each.secret} | {f'`{each.default}`' * bool(each.default)} | {each.meaning} |"
        for each in VARIABLES
    ]
