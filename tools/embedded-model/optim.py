"""Muon: momentum whose update is made (nearly) orthogonal, for matrices and convolution kernels."""
import torch


def orthogonal(g, rounds=5):
    """Newton-Schulz iteration on one matrix, carried out on its small Gram matrix: with X = Q G every round only
    multiplies Q and the Gram matrix by a polynomial, so the long side is touched twice in all."""
    if g.shape[0] > g.shape[1]:
        return orthogonal(g.T, rounds).T
    g = g / (g.norm() + 1e-7)
    gram, q = g @ g.T, None
    eye = torch.eye(gram.shape[0])
    for _ in range(rounds):
        p = 3.4445 * eye - 4.7750 * gram + 2.0315 * (gram @ gram)
        q = p if q is None else p @ q
        gram = p @ gram @ p
    return q @ g


def orthogonal_stack(g, rounds=5):
    """The same for a stack of matrices of one shape, in bf16."""
    if g.shape[1] > g.shape[2]:
        return orthogonal_stack(g.transpose(1, 2), rounds).transpose(1, 2)
    x = (g / (g.flatten(1).norm(dim=1)[:, None, None] + 1e-7)).bfloat16()
    for _ in range(rounds):
        gram = torch.bmm(x, x.transpose(1, 2))
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
    return x.float()


class Muon(torch.optim.Optimizer):
    """A group may set `split`: the output rows of a kernel are then treated as that many interleaved matrices
    (a depth-to-space layer writes `split` sub-positions)."""

    def __init__(self, groups, lr, momentum=0.95):
        super().__init__(groups, dict(lr=lr, momentum=momentum, split=1))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            stacks = {}
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["m"] = torch.zeros_like(p)
                m = state["m"].lerp_(p.grad, 1 - group["momentum"])
                update = p.grad.lerp(m, group["momentum"]).reshape(p.shape[0], -1)
                if p.ndim == 2:
                    stacks.setdefault(p.shape, []).append((p, update))
                    continue
                n = group["split"]
                for i in range(n):
                    part = update[i::n]
                    update[i::n] = orthogonal(part) * (0.2 * max(part.shape) ** 0.5)
                p.add_(update.reshape(p.shape), alpha=-group["lr"])
            for shape, pairs in stacks.items():
                ortho = orthogonal_stack(torch.stack([u for _, u in pairs]))
                for (p, _), u in zip(pairs, ortho):
                    p.add_(u, alpha=-group["lr"] * 0.2 * max(shape) ** 0.5)
