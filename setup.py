"""The recipes lie beside the package in the repository and inside it in a wheel; all else is in pyproject.toml."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["neo*"]), "neo.recipes", *find_packages("demo", include=["neo_demo*"])],
    package_dir={"neo.recipes": "recipes", "neo_demo": "demo/neo_demo"},
    package_data={
        "neo.language.wordings": ["texts/*.txt", "texts/held_out/*.txt", "texts/read/*.txt"],
        "neo.recipes": ["*.yaml", "data/*.yaml"],
        "neo_demo": ["*.css", "*.js"],
    },
)
