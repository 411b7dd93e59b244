package dev.whittle.web;

import dev.whittle.image.ImageException;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.tensor.OperandException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.http.BadMessageException;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * An HTTP server for image classifiers, with a page for people, an interface for that page, and the
 * Open Inference Protocol for programs.
 */
public final class ClassifierServer implements AutoCloseable {
  private static final int MAX_CONNECTIONS = 2000;
  private static final long IDLE_MILLISECONDS = 30_000;
  private static final long STOP_MILLISECONDS = 15_000;

  /** Minimum bytes a second of a request; slower clients are disconnected. */
  private static final long MIN_REQUEST_RATE = 500;

  private final ServerOptions options;
  private final Server server;
  private final ServerConnector connector;
  private final ModelRepository models;
  private final RequestLimiter limiter;
  private final AtomicBoolean ready = new AtomicBoolean();

  /**
   * Creates a server, which loads its models, but does not listen before {@link #start}.
   *
   * @throws IOException if the folder of models cannot be read
   */
  public ClassifierServer(ServerOptions options) throws IOException {
    this.options = options;
    this.models = new ModelRepository(options.models(), options.maxMemory());
    this.limiter = new RequestLimiter(options.threads(), options.queue(), options.timeout());
    var metrics = new Metrics(models, limiter);
    var endpoints = new Endpoints(options, new Page(), models, limiter, metrics, ready);
    var threads = new QueuedThreadPool(16);
    threads.setName("whittle-http");
    threads.setDaemon(true);
    // Waiting requests block their threads, which must therefore be virtual.
    threads.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
    this.server = new Server(threads);
    this.connector = connector();
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(MAX_CONNECTIONS, connector));
    var graceful = new GracefulHandler(new Dispatcher(endpoints, metrics, options));
    server.setHandler(graceful);
    server.setStopTimeout(STOP_MILLISECONDS);
    server.setErrorHandler(ClassifierServer::handleUnreadable);
  }

  private ServerConnector connector() {
    var http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setSendDateHeader(true);
    http.setMinRequestDataRate(MIN_REQUEST_RATE);
    ServerConnector created;
    if (options.keyStore() == null) {
      created = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
    } else {
      var customizer = new SecureRequestCustomizer();
      customizer.setSniHostCheck(false);
      http.addCustomizer(customizer);
      var ssl = new SslContextFactory.Server();
      ssl.setKeyStorePath(options.keyStore().toUri().toString());
      ssl.setKeyStoreType("PKCS12");
      ssl.setKeyStorePassword(options.keyStorePassword());
      created =
          new ServerConnector(
              server,
              1,
              1,
              new SslConnectionFactory(ssl, "http/1.1"),
              new HttpConnectionFactory(http));
    }
    created.setHost(options.host());
    created.setPort(options.port());
    created.setIdleTimeout(IDLE_MILLISECONDS);
    created.setAcceptQueueSize(512);
    return created;
  }

  /** Sends an error, in the form of all other errors, for bytes that are not a valid request. */
  private static boolean handleUnreadable(
      Request request, org.eclipse.jetty.server.Response jettyResponse, Callback callback) {
    Throwable cause = (Throwable) request.getAttribute(ErrorHandler.ERROR_EXCEPTION);
    // Jetty reports some errors of the client, such as another version of HTTP, as 5xx.
    int jettyStatus = jettyResponse.getStatus();
    int status =
        cause instanceof HttpException && jettyStatus >= 500 ? 400 : Math.max(jettyStatus, 400);
    String message =
        cause instanceof HttpException http && http.getReason() != null
            ? http.getReason()
            : "the request is malformed";
    // The next request on the connection would begin at an unknown byte.
    Response response = Response.error(status, message).with("Connection", "close");
    write(jettyResponse, callback, response, false);
    return true;
  }

  private static void write(
      org.eclipse.jetty.server.Response jettyResponse,
      Callback callback,
      Response response,
      boolean withoutBody) {
    jettyResponse.setStatus(response.status());
    var headers = jettyResponse.getHeaders();
    AccessFilter.HEADERS.forEach(headers::put);
    headers.put("Content-Type", response.type());
    response.headers().forEach(headers::put);
    if (withoutBody || response.status() == 304) {
      headers.put("Content-Length", response.bytes().length);
      jettyResponse.write(true, null, callback);
    } else {
      jettyResponse.write(true, ByteBuffer.wrap(response.bytes()), callback);
    }
  }

  /** Passes requests to their endpoints, and turns exceptions into error responses. */
  private static final class Dispatcher extends Handler.Abstract {
    private final Endpoints endpoints;
    private final Metrics metrics;
    private final ServerOptions options;

    Dispatcher(Endpoints endpoints, Metrics metrics, ServerOptions options) {
      this.endpoints = endpoints;
      this.metrics = metrics;
      this.options = options;
    }

    @Override
    public boolean handle(
        Request request, org.eclipse.jetty.server.Response jettyResponse, Callback callback) {
      long begin = System.nanoTime();
      String name = "none";
      Response response;
      Exchange exchange = null;
      try {
        exchange = new Exchange(request, options.maxRequestBytes());
        Optional<Endpoints.Endpoint> found = endpoints.find(Request.getPathInContext(request));
        if (found.isEmpty()) {
          response = Response.error(404, "there is no such path");
        } else {
          name = found.get().name();
          response = respond(found.get(), exchange);
        }
      } catch (BadMessageException e) {
        response = Response.error(e.getCode(), String.valueOf(e.getReason()));
      } catch (IllegalArgumentException e) {
        // Jetty's, for a malformed query.
        response = Response.error(400, String.valueOf(e.getMessage()));
      } finally {
        if (exchange != null) {
          exchange.release();
        }
      }
      if (exchange == null || !exchange.drain()) {
        response.with("Connection", "close");
      }
      metrics.recordResponse(name, response.status(), System.nanoTime() - begin);
      write(jettyResponse, callback, response, request.getMethod().equals("HEAD"));
      return true;
    }

    private static Response respond(Endpoints.Endpoint endpoint, Exchange exchange) {
      String method = exchange.method();
      boolean isAllowed =
          method.equals(endpoint.method())
              || (method.equals("HEAD") && endpoint.method().equals("GET"));
      if (!isAllowed) {
        return Response.error(405, "method " + method + "; expected " + endpoint.method())
            .with("Allow", endpoint.method());
      }
      try {
        return endpoint.action().respond(exchange);
      } catch (RequestException e) {
        Response error = Response.error(e.status(), String.valueOf(e.getMessage()));
        if (e.status() == RequestException.UNAUTHORIZED) {
          return error.with("WWW-Authenticate", "Bearer");
        }
        boolean canRetry =
            e.status() == RequestException.TOO_MANY_REQUESTS
                || e.status() == RequestException.UNAVAILABLE;
        return canRetry ? error.with("Retry-After", "1") : error;
      } catch (ImageException e) {
        return Response.error(
            switch (e.reason()) {
              case UNKNOWN_FORMAT -> 415;
              case TOO_LARGE -> 413;
              case BROKEN -> 400;
            },
            String.valueOf(e.getMessage()));
      } catch (HttpException.RuntimeException e) {
        return Response.error(e.getCode(), String.valueOf(e.getReason()));
      } catch (ModelException
          | OperandException
          | IllegalArgumentException
          | ArithmeticException
          | TimeoutException
          | IOException e) {
        // The client disconnected, or the request does not fit the model. The interpreter reports
        // shapes and values that a model does not take by these exceptions.
        return Response.error(400, String.valueOf(e.getMessage()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Response.error(503, "the server is stopping");
      } catch (OutOfMemoryError e) {
        return Response.error(503, "the server has not enough memory for this request")
            .with("Retry-After", "1");
      } catch (Exception e) {
        // A defect of ours: it is logged with its stack trace, and the server goes on.
        System.err.println("whittle: internal error: " + e);
        e.printStackTrace(System.err);
        return Response.error(500, "internal error; see the server's log");
      }
    }
  }

  /**
   * Starts to listen.
   *
   * @throws IOException if the address is in use or not one of this machine, or if the certificate
   *     cannot be used
   */
  public void start() throws IOException {
    try {
      server.start();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("the server cannot start: " + e.getMessage(), e);
    }
    models.start();
    ready.set(true);
  }

  /** Returns the address of the page. */
  public URI address() {
    String host = options.host();
    String name = host.equals("0.0.0.0") || host.equals("::") ? "localhost" : host;
    String scheme = options.keyStore() == null ? "http" : "https";
    return URI.create(
        "%s://%s:%d/"
            .formatted(
                scheme, name.contains(":") ? "[" + name + "]" : name, connector.getLocalPort()));
  }

  /** Returns the names of the served models, separated by commas. */
  public String modelNames() {
    return String.join(", ", models.all().stream().map(ServedModel::name).toList());
  }

  /** Waits until the server has stopped. */
  public void join() throws InterruptedException {
    server.join();
  }

  /** Accepts no more requests, completes the current ones, and stops. */
  @Override
  public void close() throws IOException {
    ready.set(false);
    try {
      server.stop();
    } catch (Exception e) {
      throw new IOException("the server did not stop properly: " + e.getMessage(), e);
    } finally {
      models.close();
      limiter.close();
    }
  }
}
