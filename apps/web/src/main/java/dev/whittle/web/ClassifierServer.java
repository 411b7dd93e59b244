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
 * Serves classifiers of pictures: a page for people, an interface for that page, and the Open
 * Inference Protocol for programs.
 */
public final class ClassifierServer implements AutoCloseable {
  private static final int MAX_CONNECTIONS = 2000;
  private static final long IDLE_MILLISECONDS = 30_000;
  private static final long STOP_MILLISECONDS = 15_000;

  /** Bytes a second: a client that sends more slowly is cut off. */
  private static final long MIN_REQUEST_RATE = 500;

  private final ServerOptions options;
  private final Server server;
  private final ServerConnector connector;
  private final ModelRepository models;
  private final RequestLimiter limiter;
  private final AtomicBoolean ready = new AtomicBoolean();

  /**
   * Loads the models and makes a server that does not listen yet.
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
    // Requests wait for their turn on threads that cost next to nothing.
    threads.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
    this.server = new Server(threads);
    this.connector = connector();
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(MAX_CONNECTIONS, connector));
    var graceful = new GracefulHandler(new Dispatcher(endpoints, metrics, options));
    server.setHandler(graceful);
    server.setStopTimeout(STOP_MILLISECONDS);
    server.setErrorHandler(ClassifierServer::unreadable);
  }

  private ServerConnector connector() {
    var http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setSendDateHeader(true);
    http.setMinRequestDataRate(MIN_REQUEST_RATE);
    ServerConnector made;
    if (options.keyStore() == null) {
      made = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
    } else {
      var customizer = new SecureRequestCustomizer();
      customizer.setSniHostCheck(false);
      http.addCustomizer(customizer);
      var ssl = new SslContextFactory.Server();
      ssl.setKeyStorePath(options.keyStore().toUri().toString());
      ssl.setKeyStoreType("PKCS12");
      ssl.setKeyStorePassword(options.keyStorePassword());
      made =
          new ServerConnector(
              server,
              1,
              1,
              new SslConnectionFactory(ssl, "http/1.1"),
              new HttpConnectionFactory(http));
    }
    made.setHost(options.host());
    made.setPort(options.port());
    made.setIdleTimeout(IDLE_MILLISECONDS);
    made.setAcceptQueueSize(512);
    return made;
  }

  /** What cannot even be read as a request is answered in the same form as other errors. */
  private static boolean unreadable(
      Request request, org.eclipse.jetty.server.Response response, Callback callback) {
    Throwable cause = (Throwable) request.getAttribute(ErrorHandler.ERROR_EXCEPTION);
    // What cannot be understood, another version of HTTP too, is the client's doing.
    int stated = response.getStatus();
    int status = cause instanceof HttpException && stated >= 500 ? 400 : Math.max(stated, 400);
    String message =
        cause instanceof HttpException http && http.getReason() != null
            ? http.getReason()
            : "the request cannot be answered";
    // What follows on the connection cannot be understood either.
    write(response, callback, Response.error(status, message).with("Connection", "close"), false);
    return true;
  }

  private static void write(
      org.eclipse.jetty.server.Response response,
      Callback callback,
      Response answer,
      boolean withoutBody) {
    response.setStatus(answer.status());
    var headers = response.getHeaders();
    AccessFilter.HEADERS.forEach(headers::put);
    headers.put("Content-Type", answer.type());
    answer.headers().forEach(headers::put);
    if (withoutBody || answer.status() == 304) {
      headers.put("Content-Length", answer.bytes().length);
      response.write(true, null, callback);
    } else {
      response.write(true, ByteBuffer.wrap(answer.bytes()), callback);
    }
  }

  /** Answers requests, whatever happens. */
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
        Request request, org.eclipse.jetty.server.Response response, Callback callback) {
      long begin = System.nanoTime();
      String name = "none";
      Response answer;
      Exchange exchange = null;
      try {
        exchange = new Exchange(request, options.maxRequestBytes());
        Optional<Endpoints.Endpoint> found = endpoints.find(Request.getPathInContext(request));
        if (found.isEmpty()) {
          answer = Response.error(404, "there is nothing here");
        } else {
          name = found.get().name();
          answer = answer(found.get(), exchange);
        }
      } catch (BadMessageException e) {
        answer = Response.error(e.getCode(), String.valueOf(e.getReason()));
      } catch (IllegalArgumentException e) {
        answer = Response.error(400, String.valueOf(e.getMessage()));
      } finally {
        if (exchange != null) {
          exchange.release();
        }
      }
      if (exchange == null || !exchange.drain()) {
        answer.with("Connection", "close");
      }
      metrics.answered(name, answer.status(), System.nanoTime() - begin);
      write(response, callback, answer, request.getMethod().equals("HEAD"));
      return true;
    }

    private static Response answer(Endpoints.Endpoint endpoint, Exchange exchange) {
      String method = exchange.method();
      boolean fits =
          method.equals(endpoint.method())
              || (method.equals("HEAD") && endpoint.method().equals("GET"));
      if (!fits) {
        return Response.error(405, "the method is " + endpoint.method())
            .with("Allow", endpoint.method());
      }
      try {
        return endpoint.action().answer(exchange);
      } catch (RequestException e) {
        Response error = Response.error(e.status(), String.valueOf(e.getMessage()));
        if (e.status() == RequestException.UNAUTHORIZED) {
          return error.with("WWW-Authenticate", "Bearer");
        }
        boolean later =
            e.status() == RequestException.TOO_MANY_REQUESTS
                || e.status() == RequestException.UNAVAILABLE;
        return later ? error.with("Retry-After", "1") : error;
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
        // The client went away, or asks for what the model cannot do.
        return Response.error(400, String.valueOf(e.getMessage()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Response.error(503, "the server stops");
      } catch (OutOfMemoryError e) {
        return Response.error(503, "the server has no memory left for this")
            .with("Retry-After", "1");
      } catch (Exception e) {
        System.err.println("whittle: a defect: " + e);
        e.printStackTrace(System.err);
        return Response.error(500, "a defect of the server; it is in its log");
      }
    }
  }

  /**
   * Begins to listen.
   *
   * @throws IOException if the address is in use or not this machine's, or the certificate unusable
   */
  public void start() throws IOException {
    try {
      server.start();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("the server does not start: " + e.getMessage(), e);
    }
    models.start();
    ready.set(true);
  }

  /** Where the page is. */
  public URI address() {
    String host = options.host();
    String shown = host.equals("0.0.0.0") || host.equals("::") ? "localhost" : host;
    String scheme = options.keyStore() == null ? "http" : "https";
    return URI.create(
        "%s://%s:%d/"
            .formatted(
                scheme, shown.contains(":") ? "[" + shown + "]" : shown, connector.getLocalPort()));
  }

  /** The models that are served, for people. */
  public String modelNames() {
    return String.join(", ", models.all().stream().map(ServedModel::name).toList());
  }

  /** Waits until the server has stopped. */
  public void join() throws InterruptedException {
    server.join();
  }

  /** Takes no more requests, answers those that are there, and stops. */
  @Override
  public void close() throws IOException {
    ready.set(false);
    try {
      server.stop();
    } catch (Exception e) {
      throw new IOException("the server did not stop in order: " + e.getMessage(), e);
    } finally {
      models.close();
      limiter.close();
    }
  }
}
