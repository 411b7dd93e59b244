#!/bin/sh
# Starts whittle from the folder this script is in, on a Java 25 virtual machine.
home=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)

# Succeeds if $1 is the folder of a JDK or JRE 25, going by its release file.
is_java_25() {
  [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 1
  while IFS= read -r line; do
    case $line in JAVA_VERSION=\"25*) return 0 ;; esac
  done < "$1/release"
  return 1
}

find_java() {
  if is_java_25 "${JAVA_HOME:-}"; then java_home=$JAVA_HOME; return 0; fi
  on_path=$(command -v java 2>/dev/null)
  if [ -n "$on_path" ]; then
    on_path=$(readlink -f "$on_path" 2>/dev/null || echo "$on_path")
    if is_java_25 "${on_path%/bin/java}"; then java_home=${on_path%/bin/java}; return 0; fi
  fi
  for candidate in \
      /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* "$HOME"/.sdkman/candidates/java/* \
      "$HOME"/.jdks/* "$HOME"/.asdf/installs/java/* \
      /Library/Java/JavaVirtualMachines/*/Contents/Home \
      "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home; do
    if is_java_25 "$candidate"; then java_home=$candidate; return 0; fi
  done
  return 1
}

if ! find_java; then
  echo "whittle: needs Java 25, which was not found: install it (https://adoptium.net) or set JAVA_HOME" >&2
  exit 2
fi

class_path=
for jar in "$home"/lib/*.jar; do
  class_path=$class_path${class_path:+:}$jar
done

# Options that the cache and the run must agree on. Without safepoints in counted loops, which Serial
# does not ask for, the compiler keeps sums of products in memory.
options="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow
    -XX:+UseSerialGC -XX:+UseCountedLoopSafepoints -XX:LoopStripMiningIter=1000 -Djava.awt.headless=true -Xlog:disable -Xlog:all=off"

# Commands that run models use the Vector API, of which the virtual machine says that it is new.
# Inspecting and helping are over before what the second compiler makes would pay.
cache=$home/whittle.aot
example=inspect
case ${1:-} in
  run | bench | evaluate | doctor | optimize | convert | experiment | classify | serve)
    options="$options --add-modules=jdk.incubator.vector"
    cache=$home/whittle-vector.aot
    example="run --input=sample.npy"
    ;;
  inspect | -* | "") options="$options -XX:TieredStopAtLevel=1" ;;
esac

# TensorFlow tells much about itself; errors remain.
export TF_CPP_MIN_LOG_LEVEL="${TF_CPP_MIN_LOG_LEVEL:-2}"

# Classes loaded and linked ahead of time, as an example needs them. The first start makes it: only
# later ones are faster.
if [ ! -f "$cache" ] && [ -w "$home" ]; then
  # shellcheck disable=SC2086 # the options are words
  if (cd "$home" && exec "$java_home/bin/java" "-XX:AOTCacheOutput=$cache.$$" $options \
      -cp "$class_path" dev.whittle.cli.Main $example sample.tflite) >/dev/null 2>&1
  then
    mv -f "$cache.$$" "$cache"
  else
    rm -f "$cache.$$" "$cache.$$.config"
  fi
fi
[ -f "$cache" ] || cache=
# shellcheck disable=SC2086
exec "$java_home/bin/java" ${cache:+"-XX:AOTCache=$cache"} $options -cp "$class_path" \
    dev.whittle.cli.Main "$@"
