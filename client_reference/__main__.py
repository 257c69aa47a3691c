from client_reference.cli import main

if __name__ == "__main__":
    main()
