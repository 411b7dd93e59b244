package dev.whittle.tflite;

/** Slot numbers of the tables in the TensorFlow Lite schema, version 3 (schema.fbs). */
final class Slots {
  private Slots() {}

  static final int MODEL_VERSION = 0;
  static final int MODEL_OPERATOR_CODES = 1;
  static final int MODEL_SUBGRAPHS = 2;
  static final int MODEL_DESCRIPTION = 3;
  static final int MODEL_BUFFERS = 4;
  static final int MODEL_METADATA = 6;
  static final int MODEL_SIGNATURES = 7;
  static final int MODEL_EXTERNAL_BUFFERS = 9;
  static final int MODEL_SLOTS = 8;

  static final int CODE_DEPRECATED = 0;
  static final int CODE_CUSTOM = 1;
  static final int CODE_VERSION = 2;
  static final int CODE_BUILTIN = 3;
  static final int CODE_SLOTS = 4;

  static final int SUBGRAPH_TENSORS = 0;
  static final int SUBGRAPH_INPUTS = 1;
  static final int SUBGRAPH_OUTPUTS = 2;
  static final int SUBGRAPH_OPERATORS = 3;
  static final int SUBGRAPH_NAME = 4;
  static final int SUBGRAPH_DEBUG = 5;
  static final int SUBGRAPH_SLOTS = 6;

  static final int TENSOR_SHAPE = 0;
  static final int TENSOR_TYPE = 1;
  static final int TENSOR_BUFFER = 2;
  static final int TENSOR_NAME = 3;
  static final int TENSOR_QUANTIZATION = 4;
  static final int TENSOR_IS_VARIABLE = 5;
  static final int TENSOR_SPARSITY = 6;
  static final int TENSOR_SHAPE_SIGNATURE = 7;
  static final int TENSOR_HAS_RANK = 8;
  static final int TENSOR_VARIANTS = 9;
  static final int TENSOR_EXTERNAL_BUFFER = 10;
  static final int TENSOR_SLOTS = 10;

  static final int VARIANT_SHAPE = 0;
  static final int VARIANT_TYPE = 1;
  static final int VARIANT_HAS_RANK = 2;
  static final int VARIANT_SLOTS = 3;

  static final int QUANTIZATION_MIN = 0;
  static final int QUANTIZATION_MAX = 1;
  static final int QUANTIZATION_SCALE = 2;
  static final int QUANTIZATION_ZERO_POINT = 3;
  static final int QUANTIZATION_DETAILS_TYPE = 4;
  static final int QUANTIZATION_DETAILS = 5;
  static final int QUANTIZATION_AXIS = 6;
  static final int QUANTIZATION_SLOTS = 7;

  static final int DETAILS_CUSTOM = 1;
  static final int DETAILS_BLOCKWISE = 2;
  static final int DETAILS_MULTI_AXIS = 3;

  static final int SPARSITY_TRAVERSAL = 0;
  static final int SPARSITY_BLOCK_MAP = 1;
  static final int SPARSITY_DIMENSIONS = 2;
  static final int SPARSITY_SLOTS = 3;

  static final int DIMENSION_FORMAT = 0;
  static final int DIMENSION_SIZE = 1;
  static final int DIMENSION_SEGMENTS_TYPE = 2;
  static final int DIMENSION_SEGMENTS = 3;
  static final int DIMENSION_INDICES_TYPE = 4;
  static final int DIMENSION_INDICES = 5;
  static final int DIMENSION_SLOTS = 6;

  static final int OPERATOR_CODE = 0;
  static final int OPERATOR_INPUTS = 1;
  static final int OPERATOR_OUTPUTS = 2;
  static final int OPERATOR_OPTIONS_TYPE = 3;
  static final int OPERATOR_OPTIONS = 4;
  static final int OPERATOR_CUSTOM_OPTIONS = 5;
  static final int OPERATOR_CUSTOM_FORMAT = 6;
  static final int OPERATOR_MUTATING = 7;
  static final int OPERATOR_INTERMEDIATES = 8;
  static final int OPERATOR_LARGE_OPTIONS_OFFSET = 9;
  static final int OPERATOR_LARGE_OPTIONS_SIZE = 10;
  static final int OPERATOR_OPTIONS_2_TYPE = 11;
  static final int OPERATOR_OPTIONS_2 = 12;
  static final int OPERATOR_DEBUG = 13;
  static final int OPERATOR_SLOTS = 14;

  static final int BUFFER_DATA = 0;
  static final int BUFFER_OFFSET = 1;
  static final int BUFFER_SIZE = 2;
  static final int BUFFER_SLOTS = 3;

  static final int METADATA_NAME = 0;
  static final int METADATA_BUFFER = 1;
  static final int METADATA_SLOTS = 2;

  static final int SIGNATURE_INPUTS = 0;
  static final int SIGNATURE_OUTPUTS = 1;
  static final int SIGNATURE_KEY = 2;
  static final int SIGNATURE_SUBGRAPH = 4;
  static final int SIGNATURE_SLOTS = 5;

  static final int PORT_NAME = 0;
  static final int PORT_TENSOR = 1;
  static final int PORT_SLOTS = 2;
}
