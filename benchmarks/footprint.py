"""The size of an installation of plastica: its required packages, without extras, and their sizes on disk.

Run ``python -m benchmarks.footprint`` where plastica is installed. Sizes are those of the files listed by each
package, including compiled Python files if pip created them.
"""

from __future__ import annotations

from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

LARGEST = 12  # packages with a separate row


def required(name: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """Add a package and its requirements in this environment."""
    key = name.lower().replace("_", "-")
    if key in found:
        return found
    try:
        found[key] = distribution(name)
    except PackageNotFoundError:
        return found
    for line in found[key].requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            required(requirement.name, found)
    return found


def megabytes(package: Distribution) -> float:
    """Return the size of a package's files in MB."""
    paths = (file.locate() for file in package.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def main() -> None:
    """Print the table."""
    packages, jax = required("plastica", {}), set(required("jax", {}))
    sizes = {name: megabytes(package) for name, package in packages.items()}
    print(f"| {'package':20} | MB |\n| {'-' * 20} | --- |")
    for name in sorted(sizes, key=lambda name: -sizes[name])[:LARGEST]:
        print(f"| {name:20} | {sizes[name]:.0f} |")
    alone = sum(sizes[name] for name in sizes if name in jax)
    print(
        f"\n{len(sizes)} packages, {sum(sizes.values()):.0f} MB; {alone:.0f} MB of them are JAX and what it requires."
    )


if __name__ == "__main__":
    main()
