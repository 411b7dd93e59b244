package dev.whittle.web;

/** A request that gets an error response, with its status. */
final class RequestException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  static final int BAD_REQUEST = 400;
  static final int UNAUTHORIZED = 401;
  static final int FORBIDDEN = 403;
  static final int NOT_FOUND = 404;
  static final int TOO_LARGE = 413;
  static final int TOO_MANY_REQUESTS = 429;
  static final int UNAVAILABLE = 503;

  private final int status;

  RequestException(int status, String message) {
    super(message);
    this.status = status;
  }

  int status() {
    return status;
  }
}
