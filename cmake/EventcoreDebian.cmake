# Debian packages by CPack: `make packages`.
# Which there are, and why none has a shared library: docs/adr/0008-debian-packages.md.

# The package of what a component's PACKAGES finds; Threads comes with the compiler.
set(EVENTCORE_DEBIAN_CURL libcurl4-openssl-dev)
set(EVENTCORE_DEBIAN_GTest libgtest-dev libgmock-dev)
set(EVENTCORE_DEBIAN_Boost libboost1.81-dev)
set(EVENTCORE_DEBIAN_PostgreSQL libpq-dev)
set(EVENTCORE_DEBIAN_Protobuf libprotobuf-dev protobuf-compiler)
set(EVENTCORE_DEBIAN_SQLite3 libsqlite3-dev)
set(EVENTCORE_DEBIAN_Threads "")
set(EVENTCORE_DEBIAN_ZLIB zlib1g-dev)
set(EVENTCORE_DEBIAN_gRPC libgrpc++-dev protobuf-compiler-grpc)
set(EVENTCORE_DEBIAN_nlohmann_json nlohmann-json3-dev)
set(EVENTCORE_DEBIAN_prometheus-cpp prometheus-cpp-dev)
set(EVENTCORE_DEBIAN_spdlog libspdlog-dev)
set(EVENTCORE_DEBIAN_xxhash libxxhash-dev)

# The Debian packages of everything that eventcoreConfig.cmake may find.
function(eventcore_debian_dependencies result)
  get_property(packages GLOBAL PROPERTY EVENTCORE_FOUND_PACKAGES)
  set(found "")
  foreach(package IN LISTS packages)
    if(NOT DEFINED EVENTCORE_DEBIAN_${package})
      message(FATAL_ERROR "EventcoreDebian.cmake does not say which Debian package has ${package}")
    endif()
    list(APPEND found ${EVENTCORE_DEBIAN_${package}})
  endforeach()
  list(SORT found)
  list(REMOVE_DUPLICATES found)
  list(JOIN found ", " found)
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

function(eventcore_debian_packages)
  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_NAME eventcore)
  set(CPACK_PACKAGE_VENDOR EventCore)
  set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
  set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
      OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  set(CPACK_STRIP_FILES ON)
  set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/finish_debian_package.cmake")
  set(CPACK_EVENTCORE_SOURCE "${PROJECT_SOURCE_DIR}")

  set(CPACK_COMPONENTS_ALL dev tools shop)
  set(CPACK_DEB_COMPONENT_INSTALL ON)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
  set(CPACK_DEBIAN_PACKAGE_MAINTAINER "EventCore contributors <eventcore@example.com>")
  set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
  find_program(EVENTCORE_SHLIBDEPS dpkg-shlibdeps)

  set(CPACK_DEBIAN_DEV_PACKAGE_NAME libeventcore-dev)
  set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
  eventcore_debian_dependencies(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS)
  set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "eventcore-tools")
  set(CPACK_COMPONENT_DEV_DESCRIPTION
"event sourcing for C++20 with monitoring built in
Commands that read several streams and append to several streams atomically,
projections, stores in memory, in SQLite and in PostgreSQL; metrics, log,
traces and a console come with it.
.
This package has the headers, the static libraries, and what CMake and
pkg-config need to find them.")

  set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME eventcore-tools)
  set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION database)
  set(CPACK_COMPONENT_TOOLS_DESCRIPTION
"tool for stores of EventCore
The program eventcore looks into a store, follows it and appends to it,
verifies it, backs it up and restores it, steers projections, explains
conflicts, and watches a running service.")

  set(CPACK_DEBIAN_SHOP_PACKAGE_NAME eventcore-shop)
  set(CPACK_DEBIAN_SHOP_PACKAGE_SECTION database)
  set(CPACK_DEBIAN_SHOP_PACKAGE_SUGGESTS "eventcore-tools")
  set(CPACK_COMPONENT_SHOP_DESCRIPTION
"order service that shows how EventCore is used
The example application of EventCore: an order service over HTTP with read
models, metrics, health checks and a console, as a hardened systemd service,
which has to be enabled.")

  set(CPACK_DEBIAN_TOOLS_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_SHOP_PACKAGE_SHLIBDEPS ON)
  include(CPack)
endfunction()
