"""Writes inception_v3.json, the layers of Keras' InceptionV3 without what conversion does not read.

Made with TensorFlow 2.21 and Keras 3.15: python make_config.py > inception_v3.json
The order of the layers is Keras' own: files with weights alone are read in it.
"""
import json

import keras

KEPT = {
    "InputLayer": ("name", "batch_shape", "dtype"),
    "Conv2D": ("name", "filters", "kernel_size", "strides", "padding", "use_bias", "activation"),
    "BatchNormalization": ("name", "axis", "epsilon", "center", "scale"),
    "Activation": ("name", "activation"),
    "MaxPooling2D": ("name", "pool_size", "strides", "padding"),
    "AveragePooling2D": ("name", "pool_size", "strides", "padding"),
    "GlobalAveragePooling2D": ("name",),
    "Concatenate": ("name", "axis"),
    "Dense": ("name", "units", "use_bias", "activation"),
}


def origins(node):
    """The layers that a layer's inputs come from, in the form of Keras 2."""
    found = []

    def walk(item):
        if isinstance(item, dict):
            if item.get("class_name") == "__keras_tensor__":
                layer, call, output = item["config"]["keras_history"]
                found.append([layer, call, output, {}])
            else:
                for value in item.values():
                    walk(value)
        elif isinstance(item, list):
            for value in item:
                walk(value)

    walk(node["args"])
    return found


config = json.loads(keras.applications.InceptionV3(weights=None).to_json())["config"]
layers = []
for layer in config["layers"]:
    kind = layer["class_name"]
    kept = {key: layer["config"][key] for key in KEPT[kind] if key in layer["config"]}
    kept = {key: value for key, value in kept.items() if not isinstance(value, dict)}
    entry = {
        "class_name": kind,
        "config": kept,
        "name": layer["name"],
        "inbound_nodes": [origins(node) for node in layer["inbound_nodes"]],
    }
    if "input_shape" in layer.get("build_config", {}):
        entry["build_config"] = {"input_shape": layer["build_config"]["input_shape"]}
    layers.append(entry)


def ends(which):
    stated = config[which]
    return [stated] if isinstance(stated[0], str) else stated


print('{"class_name": "Functional", "config": {"name": "inception_v3", "layers": [')
print(",\n".join(json.dumps(layer) for layer in layers))
print('], "input_layers": %s, "output_layers": %s}}' % (json.dumps(ends("input_layers")), json.dumps(ends("output_layers"))))
