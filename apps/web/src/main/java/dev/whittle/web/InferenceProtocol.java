package dev.whittle.web;

import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.json.Config;
import dev.whittle.json.JsonOutput;
import dev.whittle.runtime.Interpreter;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * The Open Inference Protocol, version 2, over HTTP, with its extension for binary tensors, as
 * KServe, Triton and their clients use it.
 */
final class InferenceProtocol {
  private static final String JSON_LENGTH = "Inference-Header-Content-Length";
  private static final String BINARY_SIZE = "binary_data_size";

  private InferenceProtocol() {}

  static Response serverMetadata(String version) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", "whittle");
    map.put("version", version);
    map.put("extensions", List.of("binary_tensor_data"));
    return Response.json(200, map);
  }

  static Response modelMetadata(ServedModel served) {
    Names names = Names.of(served.model());
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", served.name());
    map.put("versions", List.of(served.version()));
    map.put("platform", "tensorflow_lite");
    map.put("inputs", describe(served, names.inputs, names.inputIndices));
    map.put("outputs", describe(served, names.outputs, names.outputIndices));
    return Response.json(200, map);
  }

  private static List<Object> describe(
      ServedModel served, List<String> names, List<Integer> values) {
    List<Object> tensors = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      Value value = served.model().mainGraph().value(values.get(i));
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("name", names.get(i));
      map.put("datatype", TensorCodec.name(value.type()));
      Shape shape = value.shape();
      map.put(
          "shape", shape.isRankKnown() ? Arrays.stream(shape.toArray()).boxed().toList() : null);
      tensors.add(map);
    }
    return tensors;
  }

  /** The names of the main graph's inputs and outputs, from its signature if it has one. */
  private static final class Names {
    private final List<String> inputs = new ArrayList<>();
    private final List<Integer> inputIndices = new ArrayList<>();
    private final List<String> outputs = new ArrayList<>();
    private final List<Integer> outputIndices = new ArrayList<>();

    static Names of(Model model) {
      var names = new Names();
      var graph = model.mainGraph();
      var signature = model.signatures().stream().filter(s -> s.graph() == 0).findFirst();
      for (int id : graph.inputs()) {
        names.inputIndices.add(id);
        names.inputs.add(
            signature.flatMap(s -> key(s.inputs(), id)).orElse(graph.value(id).name()));
      }
      for (int id : graph.outputs()) {
        names.outputIndices.add(id);
        names.outputs.add(
            signature.flatMap(s -> key(s.outputs(), id)).orElse(graph.value(id).name()));
      }
      return names;
    }

    private static Optional<String> key(List<Signature.Port> ports, int id) {
      return ports.stream().filter(p -> p.value() == id).map(Signature.Port::name).findFirst();
    }
  }

  /** The parts of a request: a JSON document, and the binary data after it. */
  private record Parts(Config document, MemorySegment binary) {}

  private static Parts parts(byte[] body, @Nullable String jsonLength) {
    int length = body.length;
    if (jsonLength != null) {
      try {
        length = Integer.parseInt(jsonLength);
      } catch (NumberFormatException e) {
        length = -1;
      }
      if (length < 0 || length > body.length) {
        throw new RequestException(
            RequestException.BAD_REQUEST,
            "%s is '%s'; expected 0 to %d, the length of the body"
                .formatted(JSON_LENGTH, jsonLength, body.length));
      }
    }
    Config document =
        Config.parse(
            Arrays.copyOf(body, length),
            "the request",
            (message, cause) -> new RequestException(RequestException.BAD_REQUEST, message));
    return new Parts(document, MemorySegment.ofArray(body).asSlice(length));
  }

  /**
   * Runs a model.
   *
   * @throws RequestException with 400 if the request is malformed or does not fit the model
   */
  static Response infer(ServedModel served, Exchange exchange, RequestLimiter limiter)
      throws Exception {
    byte[] body = exchange.body();
    String jsonLength = exchange.header(JSON_LENGTH);
    // The limiter includes parsing, because a tree of numbers is much larger than their text.
    return limiter.execute(
        () -> {
          Parts parts = parts(body, jsonLength);
          return served.run(interpreter -> infer(served, interpreter, parts));
        });
  }

  private static Response infer(ServedModel served, Interpreter interpreter, Parts parts) {
    Config document = parts.document;
    Names names = Names.of(served.model());
    fillInputs(interpreter, names, document.objects("inputs"), parts.binary);
    interpreter.invoke();
    return outputs(served, interpreter, names, document);
  }

  private static void fillInputs(
      Interpreter interpreter, Names names, List<Config> inputs, MemorySegment binary) {
    if (inputs.size() != names.inputs.size()) {
      throw wrong(
          "the request has %d inputs; the model has %d", inputs.size(), names.inputs.size());
    }
    List<Integer> indices = new ArrayList<>();
    for (Config input : inputs) {
      int index = names.inputs.indexOf(input.string("name"));
      if (index < 0 || indices.contains(index)) {
        throw wrong(
            "unknown or repeated input '%s'; the inputs are %s",
            input.string("name"), names.inputs);
      }
      indices.add(index);
      int[] dims = TensorCodec.dims(input.list("shape"));
      if (dims == null) {
        throw wrong(
            "input '%s' has the shape %s; expected integers from 0",
            names.inputs.get(index), String.valueOf(input.get("shape")));
      }
      String expected = TensorCodec.name(interpreter.getInputTensor(index).type());
      if (!input.string("datatype").equals(expected)) {
        throw wrong(
            "input '%s' is %s, not %s",
            names.inputs.get(index), expected, input.string("datatype"));
      }
      if (!Arrays.equals(interpreter.getInputTensor(index).dims(), dims)) {
        interpreter.resizeInput(index, dims, true);
      }
    }
    interpreter.allocateTensors();
    long at = 0;
    for (int i = 0; i < inputs.size(); i++) {
      Tensor tensor = interpreter.getInputTensor(indices.get(i));
      String name = names.inputs.get(indices.get(i));
      Long size = binarySize(inputs.get(i));
      Object data = inputs.get(i).get("data");
      if (size != null) {
        if (size < 0 || size > binary.byteSize() - at) {
          throw wrong(
              "input '%s' has %d bytes of binary data; the request has %d left",
              name, size, binary.byteSize() - at);
        }
        TensorCodec.fill(tensor, name, binary.asSlice(at, size));
        at += size;
      } else if (data != null) {
        TensorCodec.fill(tensor, name, data);
      } else {
        throw wrong("input '%s' has no data; expected 'data' or '%s'", name, BINARY_SIZE);
      }
    }
    if (at != binary.byteSize()) {
      throw wrong("found %d bytes after the binary data of the inputs", binary.byteSize() - at);
    }
  }

  private static RequestException wrong(String format, Object... args) {
    return new RequestException(RequestException.BAD_REQUEST, format.formatted(args));
  }

  private static @Nullable Long binarySize(Config input) {
    if (!(input.get("parameters") instanceof Map<?, ?> parameters)) {
      return null;
    }
    return parameters.get(BINARY_SIZE) instanceof Long size ? size : null;
  }

  /**
   * An output that a request asks for.
   *
   * @param index of the output in the model
   * @param binary true if the response has it as binary data
   */
  private record RequestedOutput(int index, boolean binary) {}

  private static List<RequestedOutput> requestedOutputs(Names names, Config document) {
    boolean allBinary = flag(document.get("parameters"), "binary_data_output", false);
    List<RequestedOutput> requested = new ArrayList<>();
    if (document.get("outputs") == null) {
      for (int i = 0; i < names.outputs.size(); i++) {
        requested.add(new RequestedOutput(i, allBinary));
      }
      return requested;
    }
    for (Config output : document.objects("outputs")) {
      int index = names.outputs.indexOf(output.string("name"));
      if (index < 0) {
        throw wrong(
            "unknown output '%s'; the outputs are %s", output.string("name"), names.outputs);
      }
      requested.add(
          new RequestedOutput(index, flag(output.get("parameters"), "binary_data", allBinary)));
    }
    return requested;
  }

  private static boolean flag(@Nullable Object parameters, String name, boolean ifMissing) {
    if (parameters instanceof Map<?, ?> map && map.get(name) instanceof Boolean flag) {
      return flag;
    }
    return ifMissing;
  }

  private static Response outputs(
      ServedModel served, Interpreter interpreter, Names names, Config document) {
    var head = new ByteArrayOutputStream();
    var binary = new ByteArrayOutputStream();
    try (JsonGenerator json = JsonOutput.generator(head)) {
      json.writeStartObject();
      json.writeStringProperty("model_name", served.name());
      json.writeStringProperty("model_version", served.version());
      if (document.get("id") instanceof String id) {
        json.writeStringProperty("id", id);
      }
      json.writeName("outputs");
      json.writeStartArray();
      for (RequestedOutput requested : requestedOutputs(names, document)) {
        Tensor tensor = interpreter.getOutputTensor(requested.index);
        json.writeStartObject();
        json.writeStringProperty("name", names.outputs.get(requested.index));
        json.writeStringProperty("datatype", TensorCodec.name(tensor.type()));
        json.writeName("shape");
        json.writeArray(tensor.dims(), 0, tensor.dims().length);
        if (requested.binary || !TensorCodec.hasJson(tensor.type())) {
          byte[] bytes = TensorCodec.bytes(tensor);
          binary.writeBytes(bytes);
          json.writeName("parameters");
          json.writeStartObject();
          json.writeNumberProperty(BINARY_SIZE, bytes.length);
          json.writeEndObject();
        } else {
          json.writeName("data");
          TensorCodec.write(json, tensor);
        }
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    if (binary.size() == 0) {
      return new Response(200, Response.JSON, head.toByteArray());
    }
    String length = Integer.toString(head.size());
    head.writeBytes(binary.toByteArray());
    return new Response(200, "application/octet-stream", head.toByteArray())
        .with(JSON_LENGTH, length);
  }
}
