"""A network learns to walk from rewards: by REINFORCE at several learning rates, and by reward-modulated STDP.

python examples/rewards.py
"""

from __future__ import annotations

import numpy as np

from plastica.rewards import GridWorld, train_policies, usual_policy
from plastica.rules import STDP


def main(episodes: int = 1600) -> dict[str, float]:
    """Train three seeds of each in one program; draw the best learning rate; return the last rewards."""
    world = GridWorld(4, 4)
    errors = train_policies(usual_policy(world), number=episodes, learning_rates=[0.1, 0.02], seeds=3)
    errors.draw().save("rewards.svg")
    spikes = train_policies(usual_policy(world, STDP(0.02, depression=0.5)), number=episodes, seeds=3)
    found = {
        "REINFORCE, learning rate 0.1": float(errors.last[:3].mean()),
        "REINFORCE, learning rate 0.02": float(errors.last[3:].mean()),
        "reward-modulated STDP": float(spikes.last.mean()),
    }
    for name, reward in found.items():
        print(f"{name}: {reward:.3f} in an episode; the shortest ways bring {world.best_reward:.3f}")
    # The best network goes down or right from every field, and down beside the right border.
    best = errors.models[int(errors.last.argmax())]
    arrows = np.array(list("↓→↑←"))[best.predict(np.eye(16, dtype="float32")).argmax(1)]
    print("\n".join("".join(row) for row in arrows.reshape(4, 4)))
    return found


if __name__ == "__main__":
    main()
