"""Weights of the tiny models that reference cases are made of."""
import torch


def randomized(model):
    """Every parameter random and of a size that keeps activations near 1."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.copy_(torch.randn_like(parameter) * 0.7 / parameter[0].numel() ** 0.5)
            else:
                parameter.copy_(torch.randn_like(parameter) * 0.1 + ("norm" in name and name.endswith("weight")))
    return model
