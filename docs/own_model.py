"""A shield behind a model of your own: `python docs/own_model.py`."""

import torch

from pishield_cli import Shield, infeasibility
from pishield_cli.language import parse_requirements

# Your data and your model: here three prices of a thing, from three numbers.
torch.manual_seed(0)
x = torch.rand(512, 3)
truth = torch.stack([x[:, 0], x[:, :2].sum(1), x.sum(1)], dim=1) + 0.05 * torch.randn(512, 3)
model = torch.nn.Sequential(torch.nn.Linear(3, 32), torch.nn.ReLU(), torch.nn.Linear(32, 3))

# The ten lines.
rules = parse_requirements("0 <= low <= price\nprice <= high\nhigh <= low + 2")
shield = Shield(rules, ["low", "price", "high"], backward="routed")
truth = shield(truth)  # what no answer can reach would only teach to break the rules
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for _ in range(200):
    z = model(x)
    loss = torch.nn.functional.mse_loss(shield(z), truth) + 0.3 * infeasibility(z, shield)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

with torch.no_grad():
    y = shield(model(x))
low, price, high = y.T
held = ((low >= 0) & (low <= price) & (price <= high) & (high <= low + 2)).all()
print(f"mean squared error {float((y - truth).square().mean()):.4f}, all rules hold: {bool(held)}")
