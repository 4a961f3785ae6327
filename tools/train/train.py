#!/usr/bin/env python3
"""Train the signs ResNets and write them as ONNX, with their measured accuracy.

    apt-get install python3-torch python3-onnx
    tools/train/train.sh            # renders the data, then calls this

Each network sees TRAIN once or more, never TEST; the accuracy written into
models.json is over all of TEST. Everything that is random comes from --seed.
"""
import argparse
import hashlib
import json
import os
import time

import numpy as np
import onnx
import onnx.numpy_helper
import torch
import torch.nn as nn
import torch.nn.functional as F

# name: (blocks a stage, channels of the first stage). Depth is 6n+2, as in the
# CIFAR ResNets of He et al. 2015, section 4.2; shortcuts are 1x1 convolutions.
FAMILY = {
    "signs-resnet8": (1, 6),
    "signs-resnet14": (2, 10),
    "signs-resnet20": (3, 16),
    "signs-resnet32": (5, 16),
    "signs-resnet44": (7, 18),
}
CLASSES = 40
MEAN, STD = 0.45, 0.28


class Block(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.short = nn.Sequential()
        if stride != 1 or cin != cout:
            self.short = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.short(x))


class ResNet(nn.Module):
    def __init__(self, n, width):
        super().__init__()
        layers = [nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        cin = width
        for stage in range(3):
            cout = width << stage
            for i in range(n):
                layers.append(Block(cin, cout, 2 if stage > 0 and i == 0 else 1))
                cin = cout
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(cin, CLASSES)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))


def onnx_convs(path):
    """Weights of a trained network, in order of use: (weight, bias) a layer,
    batch normalisation folded in, as torch.onnx.export leaves them."""
    graph = onnx.load(path).graph
    arrays = {t.name: torch.from_numpy(onnx.numpy_helper.to_array(t).copy()) for t in graph.initializer}
    return [(arrays[n.input[1]], arrays[n.input[2]]) for n in graph.node if n.op_type in ("Conv", "Gemm")]


def grow(net, n_old, path, images):
    """Start net from a smaller network of the family, so that it computes
    nearly the same: new blocks begin as the identity, new channels near zero
    (Chen, Goodfellow, Shlens 2015, "Net2Net")."""
    layers = onnx_convs(path)
    new = [net.body[0]]
    bns = {net.body[0]: net.body[1]}
    blocks = [b for b in net.body if isinstance(b, Block)]
    per_stage = len(blocks) // 3
    for i, b in enumerate(blocks):
        pairs = [(b.conv1, b.bn1), (b.conv2, b.bn2)] + ([(b.short[0], b.short[1])] if len(b.short) else [])
        bns.update(pairs)
        if i % per_stage >= n_old:
            nn.init.zeros_(b.bn2.weight)
        else:
            new += [conv for conv, _ in pairs]
    folded = {}
    with torch.no_grad():
        for conv, (w, bias) in zip(new, layers[:-1]):
            conv.weight[:w.shape[0], :w.shape[1]] = w
            folded[bns[conv]] = bias
        w, bias = layers[-1]
        net.head.weight[:, :w.shape[1]], net.head.bias[:] = w, bias

        # The normalisation was folded away; give each layer one that undoes
        # itself on this data, so that training begins where the old one ended.
        def calibrate(bn, inputs):
            if bn not in folded:
                return
            x, bias = inputs[0], folded[bn]
            k = len(bias)
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False) + bn.eps
            bn.running_mean[:], bn.running_var[:] = mean, var
            bn.weight[:k], bn.bias[:k] = var[:k].sqrt(), bias + mean[:k]
            bn.weight[k:], bn.bias[k:] = 0.05, 0.02

        hooks = [bn.register_forward_pre_hook(calibrate) for bn in folded]
        net.eval()
        net(normalise(images[:2000]))
        for h in hooks:
            h.remove()


def load(path):
    a = np.memmap(path, dtype=np.uint8, mode="r").reshape(-1, 3073)
    return a[:, 1:].reshape(-1, 3, 32, 32), a[:, 0].astype(np.int64)


def normalise(x):
    return (torch.from_numpy(np.ascontiguousarray(x)).float() / 255 - MEAN) / STD


def macs(net):
    """Multiply-accumulates of convolutions and the last layer, one image."""
    total = 0

    def count(m, _, out):
        nonlocal total
        if isinstance(m, nn.Conv2d):
            total += out.shape[2] * out.shape[3] * m.weight.numel()
        elif isinstance(m, nn.Linear):
            total += m.weight.numel()

    hooks = [m.register_forward_hook(count) for m in net.modules()]
    net.eval()
    with torch.no_grad():
        net(torch.zeros(1, 3, 32, 32))
    for h in hooks:
        h.remove()
    return total


def evaluate(net, images, labels):
    net.eval()
    right = 0
    with torch.no_grad():
        for i in range(0, len(labels), 500):
            right += int((net(normalise(images[i:i + 500])).argmax(1).numpy() == labels[i:i + 500]).sum())
    return right


def train(name, net, images, labels, args):
    """One-cycle SGD over --images fresh images; --minutes ends it early, with the schedule kept."""
    rng = np.random.default_rng(args.seed)
    opt = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9, weight_decay=2e-4, nesterov=True)
    steps, batch = args.images // args.batch, args.batch
    start = time.time()
    order = np.concatenate([rng.permutation(len(labels)) for _ in range(1 + args.images // len(labels))])
    net.train()
    done, loss_mean = 0, 0.0
    while True:
        # Progress is the larger of images and time used, so that a slow
        # machine still ends with a small learning rate.
        p = max(done / steps, (time.time() - start) / (60 * args.minutes))
        if p >= 1:
            break
        lr = args.lr * (p / 0.15 if p < 0.15 else 0.5 * (1 + np.cos(np.pi * (p - 0.15) / 0.85)))
        for g in opt.param_groups:
            g["lr"] = max(lr, 1e-4)
        idx = np.sort(order[done * batch:(done + 1) * batch])
        x, y = normalise(images[idx]), torch.from_numpy(labels[idx])
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        loss_mean = 0.98 * loss_mean + 0.02 * loss.item()
        done += 1
        if done % 100 == 0:
            print(f"{name}: {done * batch} images, {100 * p:.0f} %, loss {loss_mean:.3f}, {done * batch / (time.time() - start):.0f} images/s", flush=True)
    return done * batch


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("models", nargs="*", default=list(FAMILY))
    ap.add_argument("--train", required=True)
    ap.add_argument("--test", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--images", type=int, default=200000)
    ap.add_argument("--minutes", type=float, default=30)
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--lr", type=float, default=0.08)
    ap.add_argument("--grow", help="start from this trained, smaller network in --out")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    torch.set_num_threads(os.cpu_count())
    images, labels = load(args.train)
    test_images, test_labels = load(args.test)
    os.makedirs(args.out, exist_ok=True)
    for name in args.models:
        torch.manual_seed(args.seed)
        net = ResNet(*FAMILY[name])
        if args.grow:
            grow(net, FAMILY[args.grow][0], os.path.join(args.out, args.grow + ".onnx"), images)
            print(f"{name}: grown from {args.grow}, {evaluate(net, test_images, test_labels)} of {len(test_labels)} right before training", flush=True)
        seen = train(name, net, images, labels, args)
        right = evaluate(net, test_images, test_labels)
        path = os.path.join(args.out, name + ".onnx")
        torch.onnx.export(net.eval(), torch.zeros(1, 3, 32, 32), path, opset_version=13,
                          input_names=["input"], output_names=["logits"],
                          dynamic_axes={"input": {0: "N"}, "logits": {0: "N"}})
        with open(path, "rb") as f:
            sha = hashlib.sha256(f.read()).hexdigest()
        entry = {"name": name, "file": name + ".onnx", "sha256": sha, "bytes": os.path.getsize(path),
                 "parameters": sum(p.numel() for p in net.parameters()), "macs": macs(net),
                 "input_size": 32, "mean": MEAN, "std": STD,
                 "test_right": right, "test_images": len(test_labels),
                 "seed": args.seed, "trained_images": seen, "grown_from": args.grow or ""}
        with open(os.path.join(args.out, name + ".json"), "w") as f:
            json.dump(entry, f, indent=1)
        print(f"{name}: {right}/{len(test_labels)} = {100 * right / len(test_labels):.2f} %", flush=True)


if __name__ == "__main__":
    main()
