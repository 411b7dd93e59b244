package dev.whittle.train.network;

import dev.whittle.ir.tensor.Tensor;
import org.tensorflow.Session;

/** The variables of a network in a session. */
record SessionVariables(Session session, Variables variables) {
  Tensor get(String name) {
    return variables.get(session, name);
  }

  void set(String name, Tensor contents) {
    variables.set(session, name, contents);
  }
}
