"""Makes posterior.json: the posterior of every condition by MCMC, to hold the Laplace fit against.

An independent computation: NumPyro's NUTS samples the very posterior that `model.fitting.fit` approximates
(weighted binomial likelihood, normal records, normal priors), with no augmentation and no normal
approximation. A development tool, run by hand in an environment of its own:

    python -m venv /tmp/mcmc-venv
    /tmp/mcmc-venv/bin/pip install numpyro jax jaxlib scipy scikit-learn pydantic ruamel.yaml
    PYTHONPATH=. /tmp/mcmc-venv/bin/python tests/reference/make_posterior.py

The records digest in the file tells whether it is of today's content; run this again when it is not.
"""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
OUT = Path(__file__).with_name("posterior.json")
STANCES = ("graded", "sceptical")
SEED, CHAINS, WARMUP, DRAWS = 20261122, 4, 1000, 5000
LEVEL = 0.90


def records_digest(records: Any) -> str:
    """What the posterior is made of, to nine digits: SHA-256, 16 digits."""
    binomial = [(r.id, sorted(r.terms.items()), r.n, r.events, r.weight) for r in records.binomial]
    normal = [(r.id, sorted(r.terms.items()), r.mean, r.sd) for r in records.normal]
    priors = list(zip(records.terms, records.prior_mean, records.prior_sd, strict=True))
    text = json.dumps(_rounded([binomial, normal, priors]))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _rounded(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return float(f"{value:.9g}") if isinstance(value, (int, float)) else value


def sample(records: Any, seed: int) -> tuple[Any, float, float]:
    """Draws (draws, terms) of all terms, the largest R-hat and the smallest effective sample size."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    import numpyro
    import numpyro.distributions as dist
    from numpyro.diagnostics import effective_sample_size, gelman_rubin
    from numpyro.infer import MCMC, NUTS

    index = {term: i for i, term in enumerate(records.terms)}

    def matrix(rows: Any) -> Any:
        out = np.zeros((len(rows), len(index)))
        for k, row in enumerate(rows):
            for term, value in row.terms.items():
                out[k, index[term]] = value
        return jnp.asarray(out)

    x, d = matrix(records.binomial), matrix(records.normal)
    events = jnp.asarray([r.events for r in records.binomial])
    n = jnp.asarray([r.n for r in records.binomial])
    weight = jnp.asarray([r.weight for r in records.binomial])
    means = jnp.asarray([r.mean for r in records.normal])
    sds = jnp.asarray([r.sd for r in records.normal])
    prior_mean, prior_sd = jnp.asarray(records.prior_mean), jnp.asarray(records.prior_sd)

    def model() -> None:
        unit = numpyro.sample("unit", dist.Normal(0.0, 1.0).expand([len(index)]).to_event(1))
        beta = numpyro.deterministic("beta", prior_mean + prior_sd * unit)
        eta = x @ beta
        likelihood = events * jax.nn.log_sigmoid(eta) + (n - events) * jax.nn.log_sigmoid(-eta)
        numpyro.factor("groups", jnp.sum(weight * likelihood))
        numpyro.factor("statements", jnp.sum(dist.Normal(d @ beta, sds).log_prob(means)))

    mcmc = MCMC(
        NUTS(model), num_warmup=WARMUP, num_samples=DRAWS, num_chains=CHAINS, chain_method="vectorized",
        progress_bar=False,
    )  # fmt: skip
    mcmc.run(jax.random.PRNGKey(seed))
    chains = np.asarray(mcmc.get_samples(group_by_chain=True)["beta"])
    return chains.reshape(-1, len(index)), float(gelman_rubin(chains).max()), float(effective_sample_size(chains).min())


def summary(draws: Any, terms: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Mean, SD and the central 90 % interval of each term."""
    import numpy as np

    tail = (1 - LEVEL) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    return {
        term: {
            "mean": round(float(draws[:, i].mean()), 4),
            "sd": round(float(draws[:, i].std()), 4),
            "low": round(float(low[i]), 4),
            "high": round(float(high[i]), 4),
        }
        for i, term in enumerate(terms)
    }


def main() -> None:
    import jax
    import numpyro

    from predictor.model.fitting import load_content
    from predictor.model.records import build_records

    numpyro.enable_x64()
    posteriors = []
    for condition, content in load_content(ROOT / "configs", ROOT / "data").items():
        for stance in STANCES:
            records = build_records(
                content.condition, content.evidence, content.assumptions, stance, content.interactions
            )
            draws, r_hat, effective = sample(records, SEED)
            posteriors.append(
                {
                    "condition": condition,
                    "stance": stance,
                    "records": records_digest(records),
                    "r_hat": round(r_hat, 4),
                    "effective_draws": round(effective),
                    "terms": summary(draws, records.terms),
                }
            )
            print(condition, stance, f"R-hat {r_hat:.4f}, effective draws {effective:.0f}", flush=True)
    recipe = {
        "script": "tests/reference/make_posterior.py",
        "sampler": "NumPyro NUTS",
        "versions": {"numpyro": numpyro.__version__, "jax": jax.__version__, "python": platform.python_version()},
        "seed": SEED,
        "chains": CHAINS,
        "warmup": WARMUP,
        "draws": DRAWS,
        "interval_level": LEVEL,
    }
    OUT.write_text(json.dumps({"recipe": recipe, "posteriors": posteriors}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
