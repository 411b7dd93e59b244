"""Writes inception_v3.json: the layers of Keras' InceptionV3, with the fields that conversion reads.

Used with TensorFlow 2.21 and Keras 3.15: python make_config.py > inception_v3.json
The layers are in Keras' order, in which files of weights are read.
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
    """Returns the layers that compute a layer's inputs, in the format of Keras 2."""
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


def layer_list(key):
    """Returns the input or output layers as a list, also if there is only one."""
    value = config[key]
    return [value] if isinstance(value[0], str) else value


print('{"class_name": "Functional", "config": {"name": "inception_v3", "layers": [')
print(",\n".join(json.dumps(layer) for layer in layers))
print('], "input_layers": %s, "output_layers": %s}}' % (json.dumps(layer_list("input_layers")), json.dumps(layer_list("output_layers"))))
