"""Train the two versions of the fashion model on Fashion-MNIST; export them to ONNX.

Version 1 is softmax regression, version 2 a small convolutional network. Below --out:
    models/1/model.onnx, models/2/model.onnx    image [batch,1,28,28] -> logits [batch,10]
    samples/NN-label.png, samples/labels.json   the first two test images of each class
    golden/NN-label.json                        version 2's top three for each sample
`image` is FP32 NCHW, already normalised: (pixel / 255 - 0.2860) / 0.3530.

--data holds the four gzipped IDX files (Debian: dataset-fashion-mnist). Needs Python 3.11
with tensorflow-cpu, onnx, onnxruntime and pillow. The seed is fixed and the operations are
deterministic; another CPU or another TensorFlow may still round differently.
"""

import argparse
import gzip
import json
import time
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
from keras import layers
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

LABELS = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
          "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
MEAN, STD = 0.2860, 0.3530
SEED, BATCH = 20, 128
ATTRIBUTES = {"Conv": {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]},
              "MaxPool": {"kernel_shape": [2, 2], "strides": [2, 2]}}


def read_idx(path):
    """An IDX file of unsigned bytes: 00 00 08 <rank>, big-endian sizes, then the data."""
    raw = gzip.decompress(path.read_bytes())
    sizes = np.frombuffer(raw, ">u4", raw[3], 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(sizes)


def normalise(pixels):
    """Bytes [n,28,28] to FP32 NCHW [n,1,28,28]."""
    return ((pixels.astype(np.float32) / 255 - MEAN) / STD).astype(np.float32)[:, None]


def linear():
    return keras.Sequential([layers.Flatten(), layers.Dense(10)])


def convolutional():
    return keras.Sequential([
        layers.Conv2D(24, 3, padding="same", activation="relu"), layers.MaxPool2D(2),
        layers.Conv2D(48, 3, padding="same", activation="relu"), layers.MaxPool2D(2),
        layers.Flatten(), layers.Dropout(0.3), layers.Dense(64, activation="relu"),
        layers.Dropout(0.3), layers.Dense(10)])


def train(make, epochs, rate, images, classes):
    """Build the model and fit it; its weights come back in the order of its layers."""
    keras.utils.set_random_seed(SEED)
    model = make()
    steps = epochs * -(-len(images) // BATCH)
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    start = time.time()
    # Keras convolves NHWC on the CPU; with one channel that is only a change of shape.
    model.fit(images.reshape(-1, 28, 28, 1), classes, BATCH, epochs, verbose=2)
    print(f"{make.__name__}: trained for {time.time() - start:.0f} s")
    return [np.asarray(weight) for weight in model.get_weights()]


def linear_graph(weight, bias):
    return [("Reshape", "flat"), ("Gemm", "weight", "bias")], {
        "flat": np.array([0, 784]), "weight": weight, "bias": bias}


def convolutional_graph(w1, b1, w2, b2, w3, b3, w4, b4):
    # Keras flattened [7,7,48]; the graph flattens [48,7,7], so reorder the dense rows.
    w3 = w3.reshape(7, 7, 48, -1).transpose(2, 0, 1, 3).reshape(48 * 7 * 7, -1)
    return [("Conv", "w1", "b1"), ("Relu",), ("MaxPool",),
            ("Conv", "w2", "b2"), ("Relu",), ("MaxPool",), ("Reshape", "flat"),
            ("Gemm", "w3", "b3"), ("Relu",), ("Gemm", "w4", "b4")], {
        "w1": w1.transpose(3, 2, 0, 1), "b1": b1, "w2": w2.transpose(3, 2, 0, 1), "b2": b2,
        "flat": np.array([0, 48 * 7 * 7]), "w3": w3, "b3": b3, "w4": w4, "b4": b4}


def export(path, name, chain, weights, images, classes):
    """Write a chain of operators as a graph, then load it and measure; returns the logits."""
    nodes, tensor = [], "image"
    for n, (op, *operands) in enumerate(chain, 1):
        output = "logits" if n == len(chain) else f"{op.lower()}{n}"
        nodes.append(helper.make_node(op, [tensor, *operands], [output], **ATTRIBUTES.get(op, {})))
        tensor = output
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(np.ascontiguousarray(w), key) for key, w in weights.items()])
    model = helper.make_model(graph, producer_name="millrace", ir_version=8,
                              opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    logits = np.concatenate([session.run(["logits"], {"image": images[i:i + 500]})[0]
                             for i in range(0, len(images), 500)])
    accuracy = (logits.argmax(1) == classes).mean()
    print(f"{path}: accuracy {accuracy:.4f}, {path.stat().st_size} bytes")
    return logits


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    args = parser.parse_args()
    tf.config.experimental.enable_op_determinism()
    images, classes, pixels, answers = (
        read_idx(args.data / f"{part}-ubyte.gz") for part in
        ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"))
    images, tests, models = normalise(images), normalise(pixels), args.out / "models"
    graph = linear_graph(*train(linear, 10, 1e-3, images, classes))
    export(models / "1/model.onnx", "fashion-linear", *graph, tests, answers)
    graph = convolutional_graph(*train(convolutional, 8, 2e-3, images, classes))
    logits = export(models / "2/model.onnx", "fashion-convolutional", *graph, tests, answers)

    named = {}
    for folder in ("samples", "golden"):
        (args.out / folder).mkdir(exist_ok=True)
    chosen = np.concatenate([np.flatnonzero(answers == c)[:2] for c in range(10)])
    for number, i in enumerate(sorted(chosen)):
        label = LABELS[answers[i]]
        name = f"{number:02}-{label.lower().replace(' ', '-').replace('/', '-')}"
        named[f"{name}.png"] = {"index": int(answers[i]), "label": label}
        Image.fromarray(pixels[i]).save(args.out / f"samples/{name}.png")
        scores = np.exp(logits[i].astype(np.float64))
        top = np.argsort(-scores)[:3].tolist()
        golden = {"labels": [LABELS[c] for c in top], "indices": top,
                  "scores": (scores[top] / scores.sum()).round(6).tolist()}
        (args.out / f"golden/{name}.json").write_text(json.dumps(golden) + "\n")
    (args.out / "samples/labels.json").write_text(json.dumps(named, indent=2) + "\n")


if __name__ == "__main__":
    main()
