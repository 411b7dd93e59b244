#!/bin/sh
# TensorFlow's command of this name, as whittle has it.
exec sh "$(dirname -- "$0")/whittle.sh" tflite_convert "$@"
