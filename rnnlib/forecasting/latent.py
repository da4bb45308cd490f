"""A model with a state that nobody sees, and that is random: linear, Gaussian, and filtered exactly."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnlib.arguments import check_size
from rnnlib.forecasting.baselines import Origins, fit_ar
from rnnlib.forecasting.checking import check_origins, check_values

LOG_TWO_PI = 1.8378770664093453


@dataclass(frozen=True, eq=False)
class Filtered:
    r"""What a Kalman filter knows before each value, and how likely it found the series.

    Attributes:
        means: :math:`E[x_t \mid x_{<t}]`, (T).
        variances: :math:`\mathrm{Var}[x_t \mid x_{<t}]`, (T).
        states: :math:`E[z_t \mid x_{<t}]`, (T + 1, S); the last is for the value that would come next.
        covariances: :math:`\mathrm{Cov}[z_t \mid x_{<t}]`, (T + 1, S, S).
        log_likelihood: the natural logarithm of the density of the whole series, without dimensions.

    Chapter: Forecasting.
    """

    means: Tensor
    variances: Tensor
    states: Tensor
    covariances: Tensor
    log_likelihood: Tensor


@dataclass(frozen=True, eq=False)
class LinearGaussian:
    r"""A linear Gaussian state-space model of a series of single values.

    .. math::
        z_{t+1} = F z_t + w_t, \quad w_t \sim N(0, Q), \qquad
        x_t = \mu + g \cdot z_t + v_t, \quad v_t \sim N(0, r)

    with :math:`z_0 \sim N(0, P_0)`. The state z is random and never seen. An RNN's state is neither: it is computed
    from the inputs.

    Attributes:
        transition: F, (S, S).
        noise: Q, (S, S).
        readout: g, (S).
        variance: r, without dimensions, in the square of the values' unit.
        mean: :math:`\mu`, without dimensions, in the values' unit.
        initial: :math:`P_0`, (S, S).

    Chapter: Forecasting. Source: R. E. Kalman, `A new approach to linear filtering and prediction problems
    <https://doi.org/10.1115/1.3662552>`_, 1960.
    """

    transition: Tensor
    noise: Tensor
    readout: Tensor
    variance: Tensor
    mean: Tensor
    initial: Tensor

    def filter(self, values: Tensor) -> Filtered:
        r"""Run the Kalman filter over a series.

        .. math::
            s_t &= g \cdot P_t g + r, \qquad e_t = x_t - \mu - g \cdot m_t, \qquad k_t = P_t g / s_t \\
            m_{t+1} &= F (m_t + k_t e_t), \qquad P_{t+1} = F (P_t - s_t k_t k_t^\top) F^\top + Q

        The log-likelihood is :math:`-\frac{1}{2} \sum_t (\log 2 \pi s_t + e_t^2 / s_t)`.

        Args:
            values: (T).

        Raises:
            TypeError: values that are no floats.
            ValueError: another shape.
        """
        known = check_values(values).to(self.transition)
        state, spread = torch.zeros_like(self.readout), self.initial  # (S), (S, S)
        states, spreads, means, variances = [state], [spread], [], []
        likelihood = torch.zeros_like(self.mean)
        for value in known.unbind():
            seen = spread @ self.readout  # (S)
            s = self.readout @ seen + self.variance
            mean = self.mean + self.readout @ state
            error, gain = value - mean, seen / s
            likelihood = likelihood - 0.5 * (LOG_TWO_PI + s.log() + error.square() / s)
            state = self.transition @ (state + gain * error)
            spread = (
                self.transition @ (spread - s * torch.outer(gain, gain)) @ self.transition.mT + self.noise
            )
            states.append(state)
            spreads.append(spread)
            means.append(mean)
            variances.append(s)
        return Filtered(
            torch.stack(means),
            torch.stack(variances),
            torch.stack(states),
            torch.stack(spreads),
            likelihood,
        )

    def forecast(self, values: Tensor, origins: Origins, horizon: int) -> tuple[Tensor, Tensor]:
        r"""The mean and the variance of each coming value, given all before the origin.

        .. math::
            E[x_{o+h-1} \mid x_{<o}] = \mu + g \cdot F^{h-1} m_o, \qquad
            \mathrm{Var} = g \cdot P_{o+h-1} g + r

        where P grows without a correction: :math:`P_{t+1} = F P_t F^\top + Q`.

        Args:
            values: (T), the series, of which a forecast uses what lies before its origin.
            origins: (N), from 1 to T.
            horizon: H.

        Returns:
            The means and the variances, (H, N) each, in the values' unit and dtype, and in its square.

        Raises:
            TypeError: values that are no floats, or origins that are no integers.
            ValueError: another shape, or an origin with nothing known before it.
        """
        places = check_origins(check_values(values), origins, horizon)
        filtered = self.filter(values[: int(places.max())])
        state, spread = filtered.states[places], filtered.covariances[places]  # (N, S), (N, S, S)
        means, variances = [], []
        for _ in range(horizon):
            means.append(self.mean + state @ self.readout)  # (N)
            variances.append((spread @ self.readout) @ self.readout + self.variance)  # (N)
            state = state @ self.transition.mT
            spread = self.transition @ spread @ self.transition.mT + self.noise
        return torch.stack(means).to(values.dtype), torch.stack(variances).to(values.dtype)  # -> (H, N)


def ar_plus_noise(coefficients: Tensor, innovation: Tensor, variance: Tensor, mean: Tensor) -> LinearGaussian:
    r"""An autoregression that is seen through noise: its last p values are the state.

    .. math:: y_t = \sum_{k=1}^p \phi_k y_{t-k} + \varepsilon_t, \qquad x_t = \mu + y_t + v_t

    At the beginning the state has the distribution to which it settles, so the autoregression must be stationary.

    Args:
        coefficients: :math:`\phi`, (p), float64 or float32.
        innovation: the variance of :math:`\varepsilon`, without dimensions, not negative.
        variance: that of v, without dimensions; 0 for an autoregression that is seen as it is.
        mean: :math:`\mu`, without dimensions.

    Raises:
        ValueError: coefficients of another shape, or an autoregression that is not stationary.

    Chapter: Forecasting.
    """
    if coefficients.dim() != 1 or not len(coefficients):
        raise ValueError(f"coefficients must have shape (p), p at least 1, got {tuple(coefficients.shape)}")
    p = len(coefficients)
    eye = torch.eye(p, dtype=coefficients.dtype, device=coefficients.device)
    transition = torch.cat([coefficients.unsqueeze(0), eye[:-1]])  # (p, p)
    largest = float(torch.linalg.eigvals(transition.detach()).abs().max())
    if not largest < 1:
        raise ValueError(f"coefficients must be stationary: largest eigenvalue below 1, got {largest:.4f}")
    noise = innovation * torch.outer(eye[0], eye[0])
    # P = F P F' + Q, row by row: (1 - F (x) F) vec P = vec Q
    whole = torch.eye(p * p, dtype=eye.dtype, device=eye.device) - torch.kron(transition, transition)
    initial = torch.linalg.solve(whole, noise.flatten()).view(p, p)
    return LinearGaussian(transition, noise, eye[0], variance, mean, initial)


def fit_ar_plus_noise(values: Tensor, order: int, steps: int = 60) -> LinearGaussian:
    r"""The autoregression with noise on top that finds the series most likely, by its gradient.

    What is moved are the mean, the logarithms of both variances, and for the coefficients the p partial
    autocorrelations, each 0.999 times the tanh of a free number, so that every step is stationary. The likelihood has
    more than one peak. So it climbs from two places and takes the higher peak: from the least-squares autoregression
    of that order with little noise, and from the autoregression that the autocovariances at lags p + 1 to 2 p give,
    which noise does not touch, with much of it.

    Args:
        values: (T), those for fitting.
        order: p.
        steps: how many steps L-BFGS takes at most from each place.

    Raises:
        TypeError: values that are no floats, or a number that is no int.
        ValueError: as :func:`rnnlib.forecasting.fit_ar`, values that are all the same, or fewer than 1 step.

    Chapter: Forecasting.
    """
    start = fit_ar(values, order)
    check_size("steps", steps)
    known = values.detach().double()
    center, size = known.mean(), known.std(correction=0)
    if float(size) == 0:
        raise ValueError("values must differ, they are all the same")
    scaled = (known - center) / size
    residual = start.variance / float(size) ** 2
    places = ((start.coefficients, 0.1), (_beyond_noise(scaled, order), 0.6))
    peaks = [_climb(scaled, coefficients.to(known), residual, share, steps) for coefficients, share in places]
    found = max(peaks, key=lambda model: float(model.filter(scaled).log_likelihood))
    return LinearGaussian(
        found.transition,
        found.noise * size.square(),
        found.readout,
        found.variance * size.square(),
        found.mean * size + center,
        found.initial * size.square(),
    )


def _climb(scaled: Tensor, coefficients: Tensor, residual: float, share: float, steps: int) -> LinearGaussian:
    """The most likely model near one whose residual variance is noise by a share."""
    zero = torch.zeros_like(scaled[0])
    free = nn.ParameterDict(
        {
            "partial": _partial(coefficients).clamp(-0.97, 0.97).atanh(),
            "mean": zero,
            "innovation": (zero + max((1 - share) * residual, 1e-8)).log(),
            "variance": (zero + max(share * residual, 1e-8)).log(),
        }
    )
    optimizer = torch.optim.LBFGS(list(free.parameters()), max_iter=steps, line_search_fn="strong_wolfe")

    def model() -> LinearGaussian:
        return ar_plus_noise(
            _coefficients(0.999 * free["partial"].tanh()),
            free["innovation"].exp(),
            free["variance"].exp(),
            free["mean"] + 0,
        )

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = -model().filter(scaled).log_likelihood / len(scaled)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        return model()


def _beyond_noise(scaled: Tensor, order: int) -> Tensor:
    """The autoregression's coefficients, from autocovariances at lags that white noise on top leaves alone."""
    lags = range(2 * order + 1)
    gamma = torch.stack([(scaled[lag:] * scaled[: len(scaled) - lag]).mean() for lag in lags])
    rows = torch.stack([gamma[k - order : k].flip(0) for k in range(order + 1, 2 * order + 1)])  # (p, p)
    solution: Tensor = torch.linalg.lstsq(rows, gamma[order + 1 :].unsqueeze(1)).solution  # (p, 1)
    return solution.squeeze(1)


def _coefficients(partial: Tensor) -> Tensor:
    """The coefficients of the autoregression with these partial autocorrelations, by Durbin and Levinson."""
    found = partial[:1]
    for k in range(1, len(partial)):
        found = torch.cat([found - partial[k] * found.flip(0), partial[k : k + 1]])
    return found


def _partial(coefficients: Tensor) -> Tensor:
    """The partial autocorrelations of an autoregression: Durbin and Levinson's way back."""
    found, partial = coefficients.clone(), []
    while len(found):
        last = found[-1].clamp(-0.97, 0.97)
        partial.append(last)
        found = (found[:-1] + last * found[:-1].flip(0)) / (1 - last.square())
    return torch.stack(partial[::-1])
