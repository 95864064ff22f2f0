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


def with_random_lora(model, rank, alpha, targets):
    """Adds a LoRA with both halves random to the model, the only thing of it that has gradients then. -> its parameters by name"""
    from peft import LoraConfig

    model.add_adapter(LoraConfig(r=rank, lora_alpha=alpha, target_modules=targets))
    trained = {name.replace(".default.", "."): value for name, value in model.named_parameters() if "lora_" in name}
    with torch.no_grad():
        for value in trained.values():
            value.copy_(torch.randn_like(value) * 0.2)
    for name, value in model.named_parameters():
        value.requires_grad_("lora_" in name)
    return trained
